using System.Globalization;
using System.Net;

namespace Graft.Hub;

/// <summary>How often something has been tried in vain, and how long to wait before the next time.</summary>
/// <param name="settings">How often and how long.</param>
/// <param name="what">What is tried, for the message.</param>
/// <param name="attempts">How often it is tried at most.</param>
internal sealed class Retries(HubSettings settings, string what, int attempts)
{
    private static readonly TimeSpan LongestOwnWait = TimeSpan.FromMinutes(1);

    private int failed;

    /// <summary>Whether an answer says that the same request may succeed later.</summary>
    public static bool IsBusy(HttpStatusCode status) => status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout
        or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>Whether an exception is one of the network's, after which another try may succeed.</summary>
    public static bool IsBroken(Exception exception) => exception is HttpRequestException or TimeoutException || (exception is IOException and not HubException);

    /// <summary>Something arrived: what failed before does not count any more.</summary>
    public void Reset() => failed = 0;

    /// <summary>Waits before the next try.</summary>
    /// <param name="problem">What went wrong.</param>
    /// <param name="answer">The server's answer; null where there was none.</param>
    /// <param name="cause">What threw; null for nothing.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="HubException">It has been tried often enough, or the server wants a longer wait than is granted.</exception>
    public async Task WaitAsync(string problem, HttpResponseMessage? answer, Exception? cause, CancellationToken cancellation)
    {
        failed++;
        // a name that is not known and a certificate that is not trusted stay so
        bool isHopeless = cause is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError };
        if (failed >= attempts || isHopeless)
        {
            string times = failed > 1 ? string.Create(CultureInfo.InvariantCulture, $", tried {failed} times") : "";
            string advice = isHopeless ? "is this machine on the network, and is the address (HF_ENDPOINT) right?" : "try again later; what has arrived is kept";
            throw new HubException(HubFailure.Network, $"{what}: {problem}{times}: {advice}", cause);
        }
        var wait = Asked(answer) ?? TimeSpan.FromTicks(Math.Min(settings.FirstWait.Ticks << Math.Min(failed - 1, 10), LongestOwnWait.Ticks));
        if (wait > settings.LongestWait)
            throw new HubException(
                HubFailure.Network, string.Create(CultureInfo.InvariantCulture, $"{what}: {problem}; the server asks to wait {wait.TotalSeconds:0} s: try again after that"), cause);
        if (wait > TimeSpan.Zero) await Task.Delay(wait, cancellation).ConfigureAwait(false);
    }

    private static TimeSpan? Asked(HttpResponseMessage? answer) => answer?.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - DateTimeOffset.UtcNow,
        _ => null,
    };
}
