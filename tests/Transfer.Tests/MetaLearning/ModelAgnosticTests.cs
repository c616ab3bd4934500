using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Meta-gradients against the same loss in double precision, whose derivatives are central differences.</summary>
public sealed class ModelAgnosticTests : IDisposable
{
    private const int Hidden = 6;

    private static readonly double[] SupportX = [-2, -1.1, 0.2, 0.9, 1.7], QueryX = [-1.6, -0.4, 0.5, 1.2];

    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData(1, 0.3)]
    [InlineData(3, 0.1)]
    public void Second_derivatives_are_those_of_double_precision(int steps, double rate)
    {
        using var model = new Curve();
        double[] weights = Flat(model);
        double[] expected = Slopes(weights, at => MetaLoss(at, steps, rate)), meta = Gradient(new ModelAgnostic(model, device, new InnerLoop { Rate = rate, Steps = steps }));
        AssertNear(expected, meta, 1e-3);
        // first order is another gradient: the slopes where the steps end
        double[] first = Gradient(new ModelAgnostic(model, device, new InnerLoop { Rate = rate, Steps = steps }) { IsFirstOrder = true });
        AssertNear(Slopes(After(weights, steps, rate), static at => Loss(at, QueryX, 0.4)), first, 1e-3);
        Assert.True(Distance(first, expected) > 0.05 * Norm(expected));

        double[] Gradient(ModelAgnostic method)
        {
            using (method)
            {
                using var gradients = new Gradients();
                var batch = method.Over(1, _ => Sine(model, 0.4)).Epoch(0, default).Single();
                using var pass = Pass.Train(device);
                var loss = batch.Loss(pass);
                Assert.Equal(MetaLoss(weights, steps, rate), loss.Value.ToArray()[0], 1e-5);
                method.Backward(pass, loss, batch, gradients);
                return [.. model.Parameters().SelectMany(parameter => gradients.Of(parameter)!.ToArray()).Select(static slope => (double)slope)];
            }
        }

        double MetaLoss(double[] at, int count, double by) => Loss(After(at, count, by), QueryX, 0.4);
    }

    [Fact]
    public void The_head_alone_adapts_where_that_is_asked_for()
    {
        using var model = new Curve();
        var inner = new InnerLoop { Rate = 0.2, Steps = 2, Adapts = static parameter => parameter.Name.StartsWith("second", StringComparison.Ordinal) };
        var adapted = inner.Adapt([.. model.Parameters()], Sine(model, 0.4).Support, device);
        Assert.Equal(2, adapted.Losses.Count);
        Assert.True(adapted.Losses[1] < adapted.Losses[0]);
        using var pass = Pass.Infer(device);
        adapted.SubstituteIn(pass);
        foreach (var parameter in model.Parameters())
            Assert.Equal(!parameter.Name.StartsWith("second", StringComparison.Ordinal), pass.Of(parameter).Value.ToArray().SequenceEqual(parameter.Value.ToArray()));
    }

    /// <summary>Sines of any height and place (Finn et al. 2017): after training one step from ten points goes further than from random weights.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Weights_are_learnt_from_which_a_step_goes_far(bool isReptile)
    {
        using var model = new Curve();
        var inner = new InnerLoop { Rate = 0.05, Steps = isReptile ? 8 : 1 };
        using ModelAgnostic maml = new(model, device, inner), few = new(model, device, new InnerLoop { Rate = 0.05, Steps = 5 });
        using var reptile = new Reptile(model, device, inner);
        double before = After5();
        var groups = new ParameterGroups(model);
        using var optimiser = isReptile ? Optimiser.Sgd(groups, momentum: 0) : Optimiser.Adam(groups);
        var trainer = new Trainer(optimiser, device) { Backward = isReptile ? reptile : maml, Observers = [new GradientAccumulation(4)] };
        groups.Rates(isReptile ? 0.2 : 0.01, 1);
        trainer.Fit(isReptile ? reptile.Over(800, Task) : maml.Over(800, Task), epochs: 1);
        double after = After5();
        Assert.True(after < 0.75 * before, $"{before} became {after}");

        MetaTask Task(long number) => Sine(model, new RandomStream(3, "sines").Uniform((ulong)number) * 2);

        double After5() => Enumerable.Range(10_000, 20).Average(number =>
        {
            var task = Task(number);
            using var pass = Pass.Infer(device);
            few.Adapt(task).SubstituteIn(pass);
            return task.Query(pass).Value.ToArray()[0];
        });
    }

    [Fact]
    public void Batches_of_another_kind_are_refused()
    {
        using var model = new LinearModel();
        using var maml = new ModelAgnostic(model, device, new InnerLoop());
        using var pass = Pass.Train(device);
        using var gradients = new Gradients();
        var batch = new Noise(new SmallModel(), device).Epoch(0, default).First();
        Assert.Throws<ArgumentException>(() => maml.Backward(pass, batch.Loss(pass), batch, gradients));
    }

    private static MetaTask Sine(Curve model, double phase) => new(pass => model.Loss(pass, SupportX, phase), pass => model.Loss(pass, QueryX, phase), QueryX.Length);

    private static double[] Flat(Curve model) => [.. model.Parameters().SelectMany(static parameter => parameter.Value.ToArray()).Select(static value => (double)value)];

    private static void AssertNear(double[] expected, double[] actual, double tolerance)
    {
        double apart = Distance(expected, actual) / Norm(expected);
        Assert.True(apart < tolerance, $"{apart} of the norm apart");
    }

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(static value => value * value));

    private static double Distance(double[] one, double[] other) => Norm([.. one.Zip(other, static (x, y) => x - y)]);

    private static double[] Slopes(double[] at, Func<double[], double> of)
    {
        const double By = 1e-5;
        return [.. at.Select((value, i) =>
        {
            double[] ahead = [.. at], behind = [.. at];
            (ahead[i], behind[i]) = (value + By, value - By);
            return (of(ahead) - of(behind)) / (2 * By);
        })];
    }

    /// <summary>The weights after steps of gradient descent, in double precision.</summary>
    private static double[] After(double[] weights, int steps, double rate)
    {
        for (int step = 0; step < steps; step++)
        {
            double[] slopes = Derivative(weights, SupportX, 0.4);
            weights = [.. weights.Zip(slopes, (weight, slope) => weight - rate * slope)];
        }
        return weights;
    }

    /// <summary>weights: first.weight [6, 1], first.bias [6], second.weight [1, 6], second.bias [1].</summary>
    private static double Loss(double[] weights, double[] xs, double phase) => xs.Average(x =>
    {
        double y = weights[3 * Hidden];
        for (int i = 0; i < Hidden; i++) y += weights[2 * Hidden + i] * Math.Tanh(weights[i] * x + weights[Hidden + i]);
        return Math.Pow(y - Math.Sin(x + phase), 2);
    });

    private static double[] Derivative(double[] weights, double[] xs, double phase)
    {
        var slopes = new double[weights.Length];
        foreach (double x in xs)
        {
            double y = weights[3 * Hidden];
            var hidden = new double[Hidden];
            for (int i = 0; i < Hidden; i++) y += weights[2 * Hidden + i] * (hidden[i] = Math.Tanh(weights[i] * x + weights[Hidden + i]));
            double by = 2 * (y - Math.Sin(x + phase)) / xs.Length;
            slopes[3 * Hidden] += by;
            for (int i = 0; i < Hidden; i++)
            {
                double below = by * weights[2 * Hidden + i] * (1 - hidden[i] * hidden[i]);
                slopes[2 * Hidden + i] += by * hidden[i];
                slopes[Hidden + i] += below;
                slopes[i] += below * x;
            }
        }
        return slopes;
    }

    /// <summary>[n, 1] to [n, 1] through six hyperbolic tangents.</summary>
    private sealed class Curve : ImageModel
    {
        private readonly Linear first, second;

        public Curve() : base("curve")
        {
            first = Add("first", new Linear(1, Hidden));
            AddStage("body", x => first.Forward(x).Tanh(), first);
            AddStage("head", second = Add("second", new Linear(Hidden, 1)));
        }

        public Variable Loss(Pass pass, double[] xs, double phase)
        {
            var x = pass.Constant(pass.Upload<float>([xs.Length, 1], [.. xs.Select(static value => (float)value)]));
            return second.Forward(first.Forward(x).Tanh()).MeanSquaredError([.. xs.Select(value => (float)Math.Sin(value + phase))]);
        }
    }
}
