using System.Threading.Channels;
using Graft.Tasks;
using Graft.Transfer;
using Microsoft.Extensions.Options;

namespace Graft.Samples.Embedding;

/// <summary>Fine-tunes in the background, one after another, while the classifier goes on answering. Each begins with the configured
/// classifier, so the same pictures give the same network however often others were learnt before, and only one that ran to its end
/// takes the place of the classifier that answers.</summary>
internal sealed partial class FineTuneWorker(
    ClassifierSource source, ServedClassifier served, IOptions<ClassifierOptions> options, ILogger<FineTuneWorker> logger) : BackgroundService
{
    private const int Remembered = 16;

    private readonly Channel<FineTuneJob> waiting = Channel.CreateUnbounded<FineTuneJob>();
    private readonly Lock starting = new();
    private readonly Queue<FineTuneJob> jobs = new();

    /// <summary>Starts a fine-tuning unless one is running, which is named instead.</summary>
    public bool TryStart(string folder, FineTuneRequest request, out FineTuneJob job)
    {
        lock (starting)
        {
            if (jobs.LastOrDefault() is { HasEnded: false } running)
            {
                job = running;
                return false;
            }
            job = new FineTuneJob(Guid.NewGuid().ToString("n")[..8], folder, request);
            jobs.Enqueue(job);
            if (jobs.Count > Remembered) jobs.Dequeue().Dispose();
            waiting.Writer.TryWrite(job);
            return true;
        }
    }

    public FineTuneJob? Find(string id)
    {
        lock (starting) return jobs.FirstOrDefault(job => job.Id == id);
    }

    /// <summary>Cancels a fine-tuning; one that has ended stays as it is.</summary>
    public FineTuneJob? Cancel(string id)
    {
        lock (starting)
        {
            var job = Find(id);
            job?.Cancel();
            return job;
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        lock (starting)
        {
            while (jobs.TryDequeue(out var job)) job.Dispose();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var job in waiting.Reader.ReadAllAsync(stoppingToken))
        {
            // a thread of its own: training holds it for as long as it takes
            await Task.Factory.StartNew(
                () => Run(job, stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    private void Run(FineTuneJob job, CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping, job.Cancellation);
        ImageClassifier? learner = null;
        try
        {
            LogStart(job.Id, job.Folder);
            learner = source.Create();
            var report = learner.FineTune(
                job.Folder,
                new ImageFineTuneOptions
                {
                    HeldOut = job.Request.HeldOut,
                    Unreadable = problem => LogUnreadable(job.Id, problem.Message),
                    Recipe = new FineTuneOptions { Epochs = job.Request.Epochs },
                },
                job, ending.Token);
            if (report.Interrupted)
            {
                job.End(FineTuneState.Cancelled);
                LogCancelled(job.Id, report.Steps);
                return;
            }
            if (options.Value.SaveTo is { } folder) learner.Save(folder);
            string network = served.Replace(learner).Network;
            learner = null;     // it answers now
            job.End(FineTuneState.Done, network: network);
            LogDone(job.Id, report.Seconds, network);
        }
        catch (OperationCanceledException)
        {
            job.End(FineTuneState.Cancelled);
        }
        catch (Exception exception)
        {
            // whatever ends a job ends it alone: the classifier that answers was not touched
            job.End(FineTuneState.Failed, exception.Message);
            LogFailed(exception, job.Id);
        }
        finally
        {
            learner?.Dispose();
        }
    }

    [LoggerMessage(LogLevel.Information, "fine-tuning {Id} begins on {Folder}")]
    private partial void LogStart(string id, string folder);

    [LoggerMessage(LogLevel.Warning, "fine-tuning {Id} leaves a picture out: {Problem}")]
    private partial void LogUnreadable(string id, string problem);

    [LoggerMessage(LogLevel.Information, "fine-tuning {Id} was cancelled after {Steps} steps")]
    private partial void LogCancelled(string id, int steps);

    [LoggerMessage(LogLevel.Information, "fine-tuning {Id} took {Seconds:0.0} s; network {Network} answers now")]
    private partial void LogDone(string id, double seconds, string network);

    [LoggerMessage(LogLevel.Error, "fine-tuning {Id} failed")]
    private partial void LogFailed(Exception exception, string id);
}
