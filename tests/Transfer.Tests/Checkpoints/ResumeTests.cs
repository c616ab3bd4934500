using Graft.Tensors;
using Graft.Testing;

namespace Graft.Transfer.Tests;

/// <summary>A training that was broken off anywhere ends with the bits of one that was not.</summary>
public sealed class ResumeTests : IDisposable
{
    private const int Batches = 5;

    private readonly CpuDevice device = new(1);
    private readonly string folder = Directory.CreateTempSubdirectory("graft-tests-").FullName;

    public static TheoryData<string> Optimisers => [.. OptimiserKind.All.Select(static kind => kind.Name)];

    public void Dispose()
    {
        device.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Optimisers))]
    public void With_every_optimiser(string name)
    {
        var whole = Run(name, breakAt: null);
        foreach (int step in (int[])[1, 4, 5, 7, 10, 12, 15]) AssertGoesOn(whole, name, step);
    }

    /// <summary>Averages, sums of gradients, early stopping, a plateau and what was taken down, broken off after each step and amid validations.</summary>
    [Fact]
    public void With_observers_after_every_step()
    {
        var whole = Run("adamw", breakAt: null, Observers);
        for (int step = 1; step <= whole.Report.Steps; step++) AssertGoesOn(whole, "adamw", step, Observers);
    }

    [Fact]
    public void Amid_a_validation()
    {
        var whole = Run("sgd", breakAt: null, Observers);
        for (int validation = 1; validation < 3; validation++)
        {
            Clear();
            Assert.Throws<BrokenOff>(() => Run("sgd", breakAt: null, Observers, breakAtValidation: validation));
            AssertSame(whole, Run("sgd", breakAt: null, Observers, resume: true));
        }
    }

    /// <summary>What is cancelled keeps the step that it came to, and goes on behind it.</summary>
    [Fact]
    public void After_a_cancellation()
    {
        var whole = Run("sgd", breakAt: null, Observers);
        using var source = new CancellationTokenSource();
        var cut = Run("sgd", breakAt: null, () => [.. Observers(), new Canceller(7, source)], everySteps: 1000, cancellation: source.Token);
        Assert.True(cut.Report.Interrupted);
        Assert.Equal(8, cut.Report.Steps);
        var resumed = Run("sgd", breakAt: null, () => [.. Observers(), new Canceller(-1, source)], resume: true);
        Assert.Equal(8, resumed.Report.ResumedFrom);
        AssertSame(whole, resumed);
    }

    [Fact]
    public void With_adapters()
    {
        SmallModel Adapted(out SmallModel model)
        {
            model = new SmallModel();
            Adapters.Attach(model, new LoraConfig { TargetModules = AdapterTargets.Named("conv2", "fc"), Rank = 2, Alpha = 4 });
            return model;
        }

        var whole = Run("adamw", breakAt: null, make: () => Adapted(out _));
        Clear();
        Assert.Throws<BrokenOff>(() => Run("adamw", breakAt: 8, make: () => Adapted(out _)));
        AssertSame(whole, Run("adamw", breakAt: null, resume: true, make: () => Adapted(out _)));
    }

    public static TheoryData<string, string> Recipes
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var strategy in FineTuneStrategy.All) data.Add(strategy.Name, "none");
            foreach (string way in (string[])["penalty", "average", "swa", "sharpness"]) data.Add(FineTuneStrategy.FineTune.Name, way);
            return data;
        }
    }

    private static RegularisationOptions Ways(string name) => name switch
    {
        "penalty" => new RegularisationOptions { StartPenalty = 0.1 },
        "average" => new RegularisationOptions { AverageDecay = 0.9 },
        "swa" => new RegularisationOptions { AverageStart = 0.2 },
        "sharpness" => new RegularisationOptions { SharpnessRadius = 0.05 },
        _ => new RegularisationOptions(),
    };

    [Theory]
    [MemberData(nameof(Recipes))]
    public void By_the_recipe_in_each_of_its_phases(string strategy, string way)
    {
        (SmallModel Model, FitReport Report) Tune(int? breakAt, bool resume)
        {
            var model = new SmallModel { IsHeadNew = true };
            var options = new FineTuneOptions
            {
                Epochs = 2,
                FrozenEpochs = 1,
                Seed = 3,
                Strategy = FineTuneStrategy.Named(strategy),
                Regularisation = Ways(way),
                Run = new RunOptions { Checkpoints = new TrainingCheckpoints(folder) { EverySteps = 1, Resume = resume } },
            };
            return (model, new FineTuner(model, device, options).FineTune(Data(model, breakAt), Validate(model, null)));
        }

        var whole = Tune(null, resume: false);
        foreach (int step in (int[])[2, 5, 6, 10, 14])
        {
            Clear();
            Assert.Throws<BrokenOff>(() => Tune(step, resume: false));
            AssertSame(whole, Tune(null, resume: true));
        }
    }

    /// <summary>Where nothing is kept it begins.</summary>
    [Fact]
    public void From_nothing()
    {
        var whole = Run("sgd", breakAt: null);
        Clear();
        var begun = Run("sgd", breakAt: null, resume: true);
        Assert.Null(begun.Report.ResumedFrom);
        AssertSame(whole, begun);
    }

    [Fact]
    public void A_training_that_was_over_is_over()
    {
        var whole = Run("sgd", breakAt: null, Observers);
        AssertSame(whole, Run("sgd", breakAt: 0, Observers, resume: true));
    }

    private static TrainingObserver[] Observers() =>
        [new WeightAveraging(0.9), new GradientAccumulation(2), new EarlyStopping(1, "figure"), new ReduceOnPlateau(0.5, patience: 0, "figure"), new RateRecorder()];

    private void AssertGoesOn((SmallModel Model, FitReport Report) whole, string optimiser, int step, Func<TrainingObserver[]>? observers = null)
    {
        Clear();
        Assert.Throws<BrokenOff>(() => Run(optimiser, step - 1, observers));
        var resumed = Run(optimiser, breakAt: null, observers, resume: true);
        Assert.Equal(step == 1 ? null : step - 1, resumed.Report.ResumedFrom);
        AssertSame(whole, resumed);
    }

    private static void AssertSame((SmallModel Model, FitReport Report) whole, (SmallModel Model, FitReport Report) resumed)
    {
        foreach (var (expected, actual) in whole.Model.Parameters().Concat(whole.Model.Buffers()).Zip(resumed.Model.Parameters().Concat(resumed.Model.Buffers())))
            Check.SameBits(actual.Name, expected.Value.ToArray(), actual.Value.ToArray());
        Assert.Equal(whole.Report.Steps, resumed.Report.Steps);
        Assert.Equal(whole.Report.StoppedEarly, resumed.Report.StoppedEarly);
        Assert.Equal(whole.Report.Epochs.Select(static epoch => epoch with { Seconds = 0, Validation = null }), resumed.Report.Epochs.Select(static epoch => epoch with { Seconds = 0, Validation = null }));
        Assert.Equal(whole.Report.Epochs.Select(static epoch => epoch.Validation?.Metrics), resumed.Report.Epochs.Select(static epoch => epoch.Validation?.Metrics));
        string left = Path.GetTempFileName(), right = Path.GetTempFileName();
        whole.Model.SaveBase(left, null, static _ => null);
        resumed.Model.SaveBase(right, null, static _ => null);
        Assert.Equal(File.ReadAllBytes(left), File.ReadAllBytes(right));
        File.Delete(left);
        File.Delete(right);
    }

    private (SmallModel Model, FitReport Report) Run(
        string optimiser, int? breakAt, Func<TrainingObserver[]>? observers = null, bool resume = false, int? breakAtValidation = null,
        int everySteps = 1, Func<SmallModel>? make = null, CancellationToken cancellation = default)
    {
        var model = make?.Invoke() ?? new SmallModel();
        var groups = new ParameterGroups(model);
        groups.Rates(0.05, 2);
        var seen = observers?.Invoke() ?? [];
        using var rule = OptimiserKind.Named(optimiser).Create(groups, new OptimiserOptions { WeightDecay = 0.1, ClipNorm = 0.5 });
        var trainer = new Trainer(rule, device)
        {
            Seed = 5,
            Observers = seen,
            Checkpoints = new TrainingCheckpoints(folder) { EverySteps = everySteps, Resume = resume },
        };
        var data = Data(model, breakAt);
        var validate = Validate(model, breakAtValidation);
        FitReport report;
        if (make is null) groups.FreezeBelow("middle");
        report = trainer.Fit(data, 1, Schedule.Linear(), validate, cancellation: cancellation);
        if (make is null) groups.Unfreeze();
        groups.Rates(0.02, 3);
        if (!report.Interrupted) report = trainer.Fit(data, 3, Schedule.Cosine(), validate, cancellation: cancellation);
        foreach (var observer in seen.OfType<WeightAveraging>()) observer.Swap();
        foreach (var observer in seen.OfType<IDisposable>()) observer.Dispose();
        return (model, report);
    }

    private Noise Data(SmallModel model, int? breakAt) => new(model, device, Batches)
    {
        Before = step =>
        {
            if (step == breakAt) throw new BrokenOff();
        },
    };

    /// <summary>A figure of the weights, which is better after two epochs and then worse.</summary>
    private static Func<CancellationToken, Evaluation> Validate(SmallModel model, int? breakAt)
    {
        int seen = 0;
        return _ =>
        {
            if (seen++ == breakAt) throw new BrokenOff();
            double sum = model.Parameters().Sum(static parameter => parameter.Value.ToArray().Sum(static value => (double)value * value));
            return new Evaluation(4, 2, new Metrics(("figure", sum), ("loss", 1 / sum)));
        };
    }

    private void Clear()
    {
        foreach (string file in Directory.GetFiles(folder)) File.Delete(file);
    }

    private sealed class BrokenOff : Exception;

    private sealed class Canceller(int step, CancellationTokenSource source) : TrainingObserver
    {
        public override void StepDone(TrainingContext context)
        {
            if (context.Step == step + 1) source.Cancel();
        }
    }
}
