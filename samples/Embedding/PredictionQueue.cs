using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace Graft.Samples.Embedding;

/// <summary>Lets as many predictions run at once as the machine is good for and as many wait as somebody will wait for. The classifier
/// takes any number of threads; what is bounded here is the time that each of them takes.</summary>
internal sealed class PredictionQueue(IOptions<ClassifierOptions> options) : IDisposable
{
    private readonly ConcurrencyLimiter limiter = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = options.Value.SimultaneousPredictions,
        QueueLimit = options.Value.WaitingPredictions,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>Computes when it is this call's turn, unless its client has gone by then.</summary>
    /// <exception cref="QueueFullException">Too many wait already.</exception>
    public async Task<T> RunAsync<T>(Func<T> compute, CancellationToken cancellation)
    {
        using var lease = await limiter.AcquireAsync(1, cancellation);
        if (!lease.IsAcquired) throw new QueueFullException($"{options.Value.WaitingPredictions} predictions are waiting already: try again later");
        cancellation.ThrowIfCancellationRequested();
        return compute();
    }

    public void Dispose() => limiter.Dispose();
}

/// <summary>More predictions are asked for than may wait.</summary>
internal sealed class QueueFullException(string message) : Exception(message);
