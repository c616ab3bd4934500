using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Batch normalisation of [N, C, H, W] (PyTorch's <c>BatchNorm2d</c>): <c>weight</c>, <c>bias</c>, <c>running_mean</c>,
/// <c>running_var</c> [C], <c>num_batches_tracked</c>.</summary>
public sealed class BatchNorm2d : Layer
{
    private readonly float epsilon;
    private float momentum;
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly Parameter runningMean;
    private readonly Parameter runningVariance;
    private readonly Counter batches;

    /// <summary>Makes a norm.</summary>
    /// <param name="channels">C.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <param name="momentum">The weight of a batch's statistics in the running ones, as in PyTorch.</param>
    public BatchNorm2d(int channels, float epsilon = 1e-5f, float momentum = 0.1f)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        this.epsilon = epsilon;
        Momentum = momentum;
        weight = AddParameter("weight", [channels], Initialiser.Ones);
        bias = AddParameter("bias", [channels], Initialiser.Zeros);
        runningMean = AddBuffer("running_mean", [channels], Initialiser.Zeros);
        runningVariance = AddBuffer("running_var", [channels], Initialiser.Ones);
        batches = AddCounter("num_batches_tracked");
    }

    /// <summary>The weight of a batch's statistics in the running ones (PyTorch's <c>momentum</c>), from 0 to 1: 1/n in the n-th of several batches
    /// makes the running statistics their mean.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside [0, 1].</exception>
    public float Momentum
    {
        get => momentum;
        set
        {
            if (!(value is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(value), value, "the weight of a batch's statistics lies in [0, 1]");
            momentum = value;
        }
    }

    /// <summary>Which statistics it uses and updates in training.</summary>
    public BatchNormPolicy Policy { get; set; }

    /// <summary>What it does while it is frozen, where that was said apart from <see cref="Policy"/>
    /// (<see cref="Module.Freeze(string, FrozenNormPolicy?, FrozenDropoutPolicy?)"/>, <see cref="Model.ApplyFrozenPolicies"/>); null where it was not.</summary>
    public FrozenNormPolicy? FrozenPolicy => FrozenByName ?? FrozenByFrontier;

    /// <summary>Whether training passes normalise by the batch and move the running statistics.</summary>
    public bool TracksStatistics
    {
        get
        {
            bool isFrozen = weight.IsFrozen && bias.IsFrozen;
            if (FrozenPolicy is { } frozen && (isFrozen || frozen == FrozenNormPolicy.TrainAffine)) return frozen == FrozenNormPolicy.TrackStatistics;
            return Policy switch
            {
                BatchNormPolicy.AlwaysBatchStatistics => true,
                BatchNormPolicy.AlwaysRunningStatistics => false,
                _ => !isFrozen,
            };
        }
    }

    internal FrozenNormPolicy? FrozenByName { get; set; }

    internal FrozenNormPolicy? FrozenByFrontier { get; set; }

    /// <summary>What sees each input of the norm; null for nothing. Set by who owns the model alone.</summary>
    internal StatisticsProbe? Probe { get; set; }

    /// <summary>The running statistics: mean and variance, [C] each.</summary>
    internal (Parameter Mean, Parameter Variance) Running => (runningMean, runningVariance);

    /// <summary>Whether it normalises by batch statistics in this pass.</summary>
    public bool UsesBatch(Pass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        return pass.IsTraining && TracksStatistics;
    }

    /// <summary>Makes the running statistics those of a new norm (PyTorch's <c>reset_running_stats</c>): mean 0, variance 1.</summary>
    /// <exception cref="InvalidOperationException">The thread is in the middle of a forward of the model.</exception>
    public void ResetRunningStatistics() => ChangeWeights(() =>
    {
        runningMean.Fill(static numbers => numbers.Clear());
        runningVariance.Fill(static numbers => numbers.Fill(1f));
        batches.Value = 0;
    });

    /// <summary>Whether its parameters need a gradient.</summary>
    internal bool NeedsGradient(Pass pass) => pass.Of(weight).NeedsGradient || pass.Of(bias).NeedsGradient;

    /// <summary>The norm with running statistics as y = x * scale + shift: [C] each, temporaries of the pass.</summary>
    internal (Tensor<float> Shift, Tensor<float> Scale) ShiftAndScale(Pass pass)
    {
        var device = pass.Device;
        int channels = weight.Shape[0];
        Tensor<float> shift = pass.Rent([channels]), scale = pass.Rent([channels]);
        device.Map(new InverseSquareRoot(epsilon), pass.ValueOf(runningVariance), scale);
        device.Zip(default(Multiply), scale, pass.Of(weight).Value, scale);
        device.Zip(default(Multiply), scale, pass.ValueOf(runningMean), shift);
        device.Zip(default(Subtract), pass.Of(bias).Value, shift, shift);
        return (shift, scale);
    }

    /// <summary>f(this(x) + residual) in one sweep.</summary>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="activation">f.</param>
    /// <param name="residual">Of the input's shape; null for none.</param>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable Forward(Variable x, Activation activation, Variable? residual = null) => LayerScope.Run(
        this, x, (Layer: this, activation, residual), static (input, given) => given.Layer.Compute(input, given.activation, given.residual));

    /// <inheritdoc/>
    protected override Variable Compute(Variable x) => Compute(x, Activation.Identity, residual: null);

    private Variable Compute(Variable x, Activation activation, Variable? residual)
    {
        var pass = x.Pass;
        Probe?.Observe(x);
        Variable scale = pass.Of(weight), shift = pass.Of(bias);
        if (!UsesBatch(pass))
            return x.BatchNorm(pass.ValueOf(runningMean), pass.ValueOf(runningVariance), scale, shift, epsilon, activation, residual);

        var y = x.BatchNormOfBatch(scale, shift, out var mean, out var variance, epsilon, activation, residual);
        // substituted statistics are not updated
        if (pass.IsSubstituted(runningMean) || pass.IsSubstituted(runningVariance)) return y;
        // the running variance is the unbiased one, as in PyTorch; the biased one was for normalising
        float count = x.Shape.ElementCount / (float)x.Shape[1];
        pass.Device.Map(new Scale(count / (count - 1)), variance, variance);
        pass.Defer(new StatisticsUpdate(this, mean, variance));
        return y;
    }

    /// <summary>Updates the running statistics with those of a batch.</summary>
    private sealed class StatisticsUpdate : DeferredUpdate
    {
        private readonly BatchNorm2d norm;
        private readonly Tensor<float> mean;
        private readonly Tensor<float> variance;

        public StatisticsUpdate(BatchNorm2d norm, Tensor<float> mean, Tensor<float> variance)
        {
            this.norm = norm;
            this.mean = Save(mean);
            this.variance = Save(variance);
        }

        public override void Apply(Device device)
        {
            Tensor<float> keptMean = norm.runningMean.ValueOn(device), keptVariance = norm.runningVariance.ValueOn(device);
            device.Zip(new Lerp(norm.momentum), keptMean, mean, keptMean);
            device.Zip(new Lerp(norm.momentum), keptVariance, variance, keptVariance);
            norm.batches.Value++;
        }
    }
}
