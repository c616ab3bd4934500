using System.Net;
using System.Net.Http.Headers;

namespace Graft.Hub;

/// <summary>Requests to the hub and to where it sends one: redirects are followed here, so that the token goes to the hub's host alone.</summary>
internal sealed class HubConnection : IDisposable
{
    private const int MostRedirects = 10;

    private readonly HttpClient client;
    private readonly HubSettings settings;

    public HubConnection(HubSettings settings)
    {
        this.settings = settings;
        // redirects and tokens are this class's, and a compressed answer has another length and hash than the file
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = settings.StallTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        };
        client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("graft", typeof(HubConnection).Assembly.GetName().Version?.ToString(3)));
    }

    /// <summary>Sends one request and follows redirects.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The answer, whose content has not been read.</returns>
    /// <exception cref="HubException">The redirects go on for ever, or lead where none may.</exception>
    /// <exception cref="HttpRequestException">There is no answer.</exception>
    /// <exception cref="TimeoutException">There is none in time.</exception>
    public async Task<HttpResponseMessage> SendAsync(HubRequest request, CancellationToken cancellation)
    {
        var address = request.Address;
        bool mayHaveToken = true;
        for (int redirects = 0; ; redirects++)
        {
            mayHaveToken &= HasSameOrigin(address, settings.Endpoint);
            using var message = new HttpRequestMessage(request.Method, address);
            message.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
            if (request.From > 0) message.Headers.Range = new RangeHeaderValue(request.From, null);
            if (request.From > 0 && request.Condition is { } condition) message.Headers.IfRange = new RangeConditionHeaderValue(condition);
            if (mayHaveToken && settings.Token is { } token) message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            var answer = await InTimeAsync(message, cancellation).ConfigureAwait(false);
            request.Seen?.Invoke(answer);
            if ((int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308) || answer.Headers.Location is not { } location) return answer;
            var next = new Uri(address, location);
            if (request.StaysAtHost && !HasSameOrigin(address, next)) return answer;
            answer.Dispose();
            if (redirects == MostRedirects) throw new HubException(HubFailure.Network, $"{Shown(request.Address)} is redirected more than {MostRedirects} times");
            if (next.Scheme is not ("http" or "https") || (address.Scheme == "https" && next.Scheme != "https"))
                throw new HubException(HubFailure.Network, $"{Shown(request.Address)} is redirected to {Shown(next)}, which is not followed: it is not encrypted as the first was");
            address = next;
        }
    }

    /// <summary>Sends a request until there is an answer other than 'later'.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="attempts">How often at most.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="HubException">There is none.</exception>
    public async Task<HttpResponseMessage> AskAsync(HubRequest request, int attempts, CancellationToken cancellation)
    {
        var retries = new Retries(settings, Shown(request.Address), attempts);
        while (true)
        {
            try
            {
                var answer = await SendAsync(request, cancellation).ConfigureAwait(false);
                if (!Retries.IsBusy(answer.StatusCode)) return answer;
                using (answer) await retries.WaitAsync(Said(answer), answer, null, cancellation).ConfigureAwait(false);
            }
            catch (Exception exception) when (Retries.IsBroken(exception))
            {
                await retries.WaitAsync(Said(exception), null, exception, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads an answer's content into memory.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="most">The most bytes that are read.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="HubException">It is longer than that, or does not come.</exception>
    public async Task<byte[]> ReadAsync(HttpResponseMessage answer, int most, CancellationToken cancellation)
    {
        string where = answer.RequestMessage?.RequestUri is { } address ? Shown(address) : "the hub";
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            await using var source = await answer.Content.ReadAsStreamAsync(patience.Token).ConfigureAwait(false);
            using var content = new MemoryStream();
            byte[] buffer = new byte[1 << 14];
            while (true)
            {
                patience.CancelAfter(settings.StallTimeout);
                int read = await source.ReadAsync(buffer, patience.Token).ConfigureAwait(false);
                if (read == 0) return content.ToArray();
                content.Write(buffer, 0, read);
                if (content.Length > most) throw new HubException(HubFailure.Network, $"{where} answers with more than {Storage.Megabytes(most)}");
            }
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new HubException(HubFailure.Network, $"{where}: nothing has come for {settings.StallTimeout.TotalSeconds} s: try again later", exception);
        }
        catch (Exception exception) when (Retries.IsBroken(exception))
        {
            throw new HubException(HubFailure.Network, $"{where}: {Said(exception)}: try again later", exception);
        }
    }

    /// <summary>An answer without success, in words.</summary>
    public static string Said(HttpResponseMessage answer) => $"the server says {(int)answer.StatusCode} {Printable.Text(answer.ReasonPhrase ?? "")}".TrimEnd();

    /// <summary>What is wrong with the network, in words.</summary>
    public static string Said(Exception exception) => exception is TimeoutException ? exception.Message : $"the connection failed ({exception.Message.TrimEnd('.')})";

    /// <summary>An address without what is secret in it: signed links carry their signature behind the question mark.</summary>
    public static string Shown(Uri address) => Printable.Text(address.GetLeftPart(UriPartial.Path));

    /// <summary>Whether two addresses are of one host, scheme and port.</summary>
    public static bool HasSameOrigin(Uri first, Uri second) =>
        first.Scheme == second.Scheme && first.Port == second.Port && string.Equals(first.IdnHost, second.IdnHost, StringComparison.OrdinalIgnoreCase);

    public void Dispose() => client.Dispose();

    private async Task<HttpResponseMessage> InTimeAsync(HttpRequestMessage message, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(settings.StallTimeout);
        try
        {
            return await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"the server has not answered for {settings.StallTimeout.TotalSeconds} s", exception);
        }
    }
}
