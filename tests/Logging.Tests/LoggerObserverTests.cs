using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;
using Microsoft.Extensions.Logging;

namespace Graft.Logging.Tests;

public sealed class LoggerObserverTests : IDisposable
{
    private readonly CpuDevice device = new(1);
    private readonly Kept log = new();

    public void Dispose() => device.Dispose();

    [Fact]
    public void A_training_is_told_in_order_with_its_numbers()
    {
        Train();
        Assert.Equal([1, 2, 2, 3, 4, 4, 2, 2, 3, 4, 4, 5], log.Entries.Select(static entry => entry.Id));
        Assert.All(log.Entries, static entry => Assert.Equal(entry.Id == 2 ? LogLevel.Debug : LogLevel.Information, entry.Level));
        var step = log.Entries.First(static entry => entry.Id == 2);
        Assert.Equal((1, 1, 0.05, true), (step["Step"], step["Epoch"], (double)step["Rate"]!, step["HasMoved"]));
        Assert.InRange((double)step["Loss"]!, 0.01, 10);
        var epoch = log.Entries.Last(static entry => entry.Id == 3);
        Assert.Equal((2, 2, "two numbers"), (epoch["Epoch"], epoch["Epochs"], epoch["Model"]));
        Assert.Contains(log.Entries, static entry => entry.Id == 4 && entry["Metric"] is "accuracy" && entry["Value"] is 0.75);
        Assert.StartsWith("two numbers epoch 2 of 2: loss ", epoch.Text, StringComparison.Ordinal);
        Assert.Equal(6L, log.Entries[0]["Trainable"]);
    }

    [Fact]
    public void Steps_are_not_told_where_nobody_wants_them()
    {
        log.Least = LogLevel.Information;
        Train();
        Assert.DoesNotContain(log.Entries, static entry => entry.Id == 2);
    }

    [Fact]
    public void A_stop_is_a_warning()
    {
        Train(observer: new StopAfterOne());
        Assert.Equal((6, LogLevel.Warning, (object)1), (log.Entries[^1].Id, log.Entries[^1].Level, log.Entries[^1]["Step"]));
    }

    [Fact]
    public void An_interruption_is_a_warning()
    {
        using var source = new CancellationTokenSource();
        Train(before: step =>
        {
            if (step == 1) source.Cancel();
        }, cancellation: source.Token);
        Assert.Equal((7, LogLevel.Warning), (log.Entries[^1].Id, log.Entries[^1].Level));
    }

    [Fact]
    public void A_number_that_is_not_finite_is_an_error_with_its_step()
    {
        var thrown = Assert.Throws<NonFiniteException>(() => Train(factor: step => step == 3 ? float.NaN : 1));
        var entry = log.Entries[^1];
        Assert.Equal((8, LogLevel.Error, (object)4, (object)2), (entry.Id, entry.Level, entry["Step"], entry["Epoch"]));
        Assert.Same(thrown, entry.Exception);
    }

    [Fact]
    public void A_failure_is_an_error_with_its_cause()
    {
        var thrown = Assert.Throws<IOException>(() => Train(before: static step =>
        {
            if (step == 2) throw new IOException("the disk is gone");
        }));
        Assert.Equal((9, LogLevel.Error), (log.Entries[^1].Id, log.Entries[^1].Level));
        Assert.Same(thrown, log.Entries[^1].Exception);
    }

    private void Train(TrainingObserver? observer = null, Action<int>? before = null, Func<int, float>? factor = null, CancellationToken cancellation = default)
    {
        using var model = new TwoNumbers();
        var groups = new ParameterGroups(model);
        groups.Rates(0.05);
        using var optimiser = Optimiser.Sgd(groups);
        new Trainer(optimiser, device) { Observers = [new LoggerObserver(log), .. observer is null ? [] : new[] { observer }] }
            .Fit(new Rows(model, before, factor), 2, validate: static _ => new Evaluation(4, 3, 0.5), cancellation: cancellation);
    }

    private sealed class StopAfterOne : TrainingObserver
    {
        public override void StepDone(TrainingContext context) => context.Stop();
    }

    private sealed class TwoNumbers : ImageModel
    {
        public TwoNumbers() : base("two numbers") => AddStage("head", Add("linear", new Linear(2, 2)));
    }

    private sealed class Rows(ImageModel model, Action<int>? before, Func<int, float>? factor) : ITrainingSet
    {
        public int BatchesPerEpoch => 2;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
        {
            for (int i = 0; i < BatchesPerEpoch; i++)
            {
                int step = epoch * BatchesPerEpoch + i;
                before?.Invoke(step);
                yield return new Row(model, factor?.Invoke(step) ?? 1);
            }
        }
    }

    private sealed class Row(ImageModel model, float factor) : ITrainingBatch
    {
        public int Count => 2;

        public Variable Loss(Pass pass) => model.Forward(pass.Constant(pass.Upload<float>([2, 2], [1, 0, 0, 1]))).CrossEntropy([0, 1]) * factor;
    }

    /// <summary>A log that keeps what it is told.</summary>
    private sealed class Kept : ILogger
    {
        public List<Entry> Entries { get; } = [];

        public LogLevel Least { get; set; } = LogLevel.Trace;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= Least;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = Assert.IsAssignableFrom<IReadOnlyList<KeyValuePair<string, object?>>>(state);
            Entries.Add(new Entry(logLevel, eventId.Id, formatter(state, exception), exception, values.ToDictionary(static value => value.Key, static value => value.Value)));
        }
    }

    private sealed record Entry(LogLevel Level, int Id, string Text, Exception? Exception, Dictionary<string, object?> Values)
    {
        public object? this[string name] => Values[name];
    }
}
