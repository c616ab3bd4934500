using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace Graft.Serving;

/// <summary>A picture and what one thread alone made of it.</summary>
internal sealed record Question(byte[] Picture, string Label, double Probability);

/// <summary>What came of the clients' requests.</summary>
/// <param name="Milliseconds">How long each answer took, sorted.</param>
/// <param name="Seconds">How long all took.</param>
/// <param name="Different">Answers of the network asked about that were not the expected ones.</param>
/// <param name="OtherNetwork">Answers of another network, which are not compared.</param>
/// <param name="Errors">Requests without an answer, and why.</param>
internal sealed record LoadResult(double[] Milliseconds, double Seconds, int Different, int OtherNetwork, IReadOnlyDictionary<string, int> Errors)
{
    public double Percentile(double share) => Milliseconds.Length == 0 ? double.NaN : Milliseconds[(int)Math.Min(Milliseconds.Length - 1, share * Milliseconds.Length)];
}

/// <summary>Clients that each ask, wait for the answer and ask again.</summary>
internal static class Load
{
    public static async Task<LoadResult> RunAsync(HttpClient http, IReadOnlyList<Question> questions, string network, int clients, TimeSpan length)
    {
        var times = new ConcurrentBag<double>();
        var errors = new ConcurrentDictionary<string, int>();
        int different = 0, otherNetwork = 0;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(() => AskAsync(client))));
        return new LoadResult([.. times.Order()], clock.Elapsed.TotalSeconds, different, otherNetwork, errors);

        async Task AskAsync(int client)
        {
            for (int i = client; clock.Elapsed < length; i++)
            {
                var question = questions[i % questions.Count];
                long started = Stopwatch.GetTimestamp();
                try
                {
                    using var content = new ByteArrayContent(question.Picture);
                    using var response = await http.PostAsync(new Uri("/predict?top=1", UriKind.Relative), content);
                    var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
                    if (!response.IsSuccessStatusCode)
                    {
                        Count($"{(int)response.StatusCode} {answer.GetProperty("detail")}");
                        continue;
                    }
                    times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                    if (answer.GetProperty("network").GetString() != network) Interlocked.Increment(ref otherNetwork);
                    else if (answer.GetProperty("label").GetString() != question.Label || answer.GetProperty("probability").GetDouble() != question.Probability)
                        Interlocked.Increment(ref different);
                }
                catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or JsonException)
                {
                    Count(exception.Message);
                }
            }
        }

        void Count(string error) => errors.AddOrUpdate(error, 1, static (_, count) => count + 1);
    }
}
