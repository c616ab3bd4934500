using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Elastic weight consolidation (EWC; Kirkpatrick et al. 2017): lambda / 2 times the squared distance of each weight from where it was after an earlier task, times how
/// much that task depends on it (the diagonal of its Fisher information), so that another task is learnt with the weights that the first has no use for. The gradient is
/// added; the loss that is told is without it.</summary>
/// <remarks>Several earlier tasks are several observers. Only what both models have is held: a head for other classes is not measured.</remarks>
/// <example><code>
/// using var held = ElasticWeights.Measure(model, firstTask, Device.Cpu, lambda: 100, examples: 200);
/// new Trainer(optimiser, Device.Cpu) { Observers = [held] }.Fit(secondTask, epochs: 5);
/// </code></example>
public sealed class ElasticWeights : TrainingObserver, IResumable, IDisposable
{
    private readonly double lambda;
    private readonly List<(Parameter Weight, Tensor<float> Start, Tensor<float> Importance)> weights = [];

    private ElasticWeights(double lambda) => this.lambda = lambda;

    /// <summary>Measures how much a task depends on each weight: the mean of the squared gradients of its examples' losses. No weight moves.</summary>
    /// <param name="model">A model that has learnt the task; what is frozen in it is not held.</param>
    /// <param name="task">The task, by batches of one example each: the square of a mean over several is smaller.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="lambda">How strongly weights are held; 0 or more.</param>
    /// <param name="examples">How many examples are looked at, of the first epoch; fewer where there are fewer.</param>
    /// <param name="cancellation">Ends the work; what was looked at until then counts.</param>
    /// <exception cref="ArgumentException">The task has no batch.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Lambda is below 0 or not finite, or no example is to be looked at.</exception>
    public static ElasticWeights Measure(Model model, ITrainingSet task, Device device, double lambda, int examples = 200, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(examples);
        if (!(lambda >= 0 && double.IsFinite(lambda))) throw new ArgumentOutOfRangeException(nameof(lambda), lambda, "the strength of a penalty is 0 or more and finite");
        var sums = new Dictionary<Parameter, double[]>();
        int seen = 0;
        foreach (var batch in task.Epoch(0, cancellation))
        {
            // statistics of one example are none
            using var pass = Pass.Train(device, (ulong)seen);
            var gradients = pass.Backward(batch.Loss(pass));
            pass.DiscardDeferred();
            foreach (var parameter in model.Parameters())
            {
                if (gradients.Of(parameter) is not { } gradient) continue;
                if (!sums.TryGetValue(parameter, out double[]? sum)) sums.Add(parameter, sum = new double[parameter.Shape.ElementCount]);
                float[] slopes = gradient.ToArray();
                for (int i = 0; i < slopes.Length; i++) sum[i] += (double)slopes[i] * slopes[i];
            }
            seen++;
            if (seen >= examples || cancellation.IsCancellationRequested) break;
        }
        if (seen == 0) throw new ArgumentException("the task has no batch by which weights could be measured", nameof(task));
        var held = new ElasticWeights(lambda);
        foreach (var (parameter, sum) in sums)
        {
            var start = device.Home.Rent<float>(parameter.Shape);
            start.CopyFrom(parameter.Value.ToArray());
            var importance = device.Home.Rent<float>(parameter.Shape);
            importance.CopyFrom(Array.ConvertAll(sum, value => (float)(value / seen)));
            held.weights.Add((parameter, start, importance));
        }
        return held;
    }

    /// <summary>How much the task depends on a weight; null for one that is not held.</summary>
    /// <param name="weight">The weight.</param>
    public float[]? ImportanceOf(Parameter weight)
    {
        ArgumentNullException.ThrowIfNull(weight);
        return weights.Find(one => one.Weight == weight).Importance?.ToArray();
    }

    /// <summary>What is added to the loss as the weights are now: lambda / 2 times the sum of importance times squared distance.</summary>
    public double Penalty
    {
        get
        {
            double sum = 0;
            foreach (var (weight, start, importance) in weights)
            {
                float[] now = weight.Value.ToArray(), before = start.ToArray(), by = importance.ToArray();
                for (int i = 0; i < now.Length; i++) sum += by[i] * Math.Pow((double)now[i] - before[i], 2);
            }
            return lambda / 2 * sum;
        }
    }

    /// <inheritdoc/>
    public override void GradientsReady(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        foreach (var (weight, start, importance) in weights)
        {
            if (context.Gradients.Of(weight) is not { } gradient) continue;
            context.Gradients.Change(weight, new PullByImportance((float)lambda), weight.ValueOn(gradient.Device), start, importance);
        }
    }

    /// <inheritdoc/>
    public void WriteState(StateWriter state)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach (var (weight, start, importance) in weights)
        {
            state.Tensor($"start/{weight.Name}", start);
            state.Tensor($"importance/{weight.Name}", importance);
        }
    }

    /// <inheritdoc/>
    public void ReadState(StateReader state, TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach (var (weight, start, importance) in weights)
        {
            state.CopyTo($"start/{weight.Name}", start);
            state.CopyTo($"importance/{weight.Name}", importance);
        }
    }

    /// <summary>Releases the copies.</summary>
    public void Dispose()
    {
        foreach (var (_, start, importance) in weights)
        {
            start.Dispose();
            importance.Dispose();
        }
        weights.Clear();
    }
}

/// <summary>g += strength * importance * (w - start), over a gradient: the rule's weight is g, its gradient w, what it remembers the start and the importance.</summary>
internal readonly struct PullByImportance(float strength) : IUpdateRule
{
    public static int StateCount => 2;

    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S> =>
        weight = S.FusedMultiplyAdd(S.Splat(strength) * second, gradient - first, weight);
}
