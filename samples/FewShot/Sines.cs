using System.Diagnostics;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Samples.FewShot;

/// <summary>Waves from ten points of each (Finn et al. 2017, section 5.1): amplitudes of 0.1 to 5, phases of 0 to pi, points of -5 to 5, a network of two hidden layers of 40.</summary>
internal static class Sines
{
    private const int Points = 10, Tested = 600, TasksPerStep = 25, ReptileSteps = 5;

    private static readonly int[] StepsTested = [0, 1, 5, 10, 32];

    /// <summary>Learns to learn waves by a method, and tells the error before and after steps on waves that are new.</summary>
    public static void Run(string method, int steps, ulong seed, Device device)
    {
        using var model = new TwoLayers(seed);
        var groups = new ParameterGroups(model);
        var clock = Stopwatch.StartNew();
        bool isReptile = method == "reptile";
        // plain descent at a rate of 1 is the paper's step of epsilon, which falls to 0
        using var optimiser = isReptile ? Optimiser.Sgd(groups, momentum: 0) : Optimiser.Adam(groups);
        groups.Rates(isReptile ? 0.1 : 1e-3);
        var inner = new InnerLoop { Rate = isReptile ? 0.02 : 0.01, Steps = isReptile ? ReptileSteps : 1 };
        var draw = new RandomStream(seed, "waves");
        using BackwardRule? rule = method switch
        {
            "maml" => new ModelAgnostic(model, device, inner),
            "first-order" => new ModelAgnostic(model, device, inner) { IsFirstOrder = true },
            "reptile" => new Reptile(model, device, inner),
            _ => null,
        };
        int perStep = isReptile ? 1 : TasksPerStep, tasks = steps * perStep;
        ITrainingSet data = rule switch
        {
            ModelAgnostic agnostic => agnostic.Over(tasks, number => TaskOf(model, draw, (ulong)number)),
            Reptile reptile => reptile.Over(tasks, number => TaskOf(model, draw, (ulong)number)),
            _ => new Together(model, draw, tasks),
        };
        var trainer = new Trainer(optimiser, device) { Seed = seed, Backward = rule, Observers = perStep > 1 ? [new GradientAccumulation(perStep)] : [] };
        trainer.Fit(data, epochs: 1, isReptile ? Schedule.Linear() : Schedule.Constant);
        Console.WriteLine($"{method}, seed {seed}: {string.Join(", ", StepsTested.Select(count => $"{Error(model, device, inner with { Steps = count }):0.00} after {count}"))} steps; {clock.Elapsed.TotalMinutes:0.0} min");
    }

    /// <summary>The mean squared error on waves that were never learnt from.</summary>
    private static double Error(TwoLayers model, Device device, InnerLoop inner)
    {
        using var method = new ModelAgnostic(model, device, inner);
        var draw = new RandomStream(99, "tested waves");
        double sum = 0;
        for (ulong number = 0; number < Tested; number++)
        {
            var task = TaskOf(model, draw, number);
            var adapted = method.Adapt(task);
            using var pass = Pass.Train(device);
            adapted.SubstituteIn(pass);
            sum += task.Query(pass).Value.ToArray()[0];
        }
        return sum / Tested;
    }

    private static MetaTask TaskOf(TwoLayers model, RandomStream draw, ulong number)
    {
        var (support, query) = (new Wave(draw, number, 1), new Wave(draw, number, 2));
        return new MetaTask(pass => support.Loss(model, pass), pass => query.Loss(model, pass), Points);
    }

    /// <summary>Points of a wave.</summary>
    private sealed class Wave
    {
        private readonly float[] x = new float[Points], y = new float[Points];

        public Wave(RandomStream draw, ulong number, ulong step)
        {
            double amplitude = 0.1 + 4.9 * draw.Uniform(64 * number), phase = Math.PI * draw.Uniform(64 * number + 1);
            for (int i = 0; i < Points; i++)
            {
                x[i] = -5 + 10 * draw.Uniform(64 * number + 2 + (ulong)i, step);
                y[i] = (float)(amplitude * Math.Sin(x[i] - phase));
            }
        }

        public Variable Loss(TwoLayers model, Pass pass) => model.Forward(pass.Constant(pass.Upload<float>([Points, 1], x))).MeanSquaredError(y);
    }

    /// <summary>All waves at once, for a comparison: what is learnt is their mean.</summary>
    private sealed class Together(TwoLayers model, RandomStream draw, int tasks) : ITrainingSet
    {
        public int BatchesPerEpoch => tasks;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
        {
            for (int number = 0; number < tasks; number++) yield return new Batch(model, new Wave(draw, (ulong)number, 2));
        }

        private sealed class Batch(TwoLayers model, Wave wave) : ITrainingBatch
        {
            public int Count => Points;

            public Variable Loss(Pass pass) => wave.Loss(model, pass);
        }
    }

    /// <summary>[N, 1] to [N, 1].</summary>
    private sealed class TwoLayers : ImageModel
    {
        private const int Width = 40;

        public TwoLayers(ulong seed) : base("two-layers")
        {
            Seed = seed;
            AddStage("hidden1", new Sequential(new Linear(1, Width), new ActivationLayer(Activation.Relu)));
            AddStage("hidden2", new Sequential(new Linear(Width, Width), new ActivationLayer(Activation.Relu)));
            AddStage("head", new Linear(Width, 1));
        }
    }
}
