using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Graft.Serving;
using Graft.Tasks;
using Graft.Tensors;

// Puts load on the sample Embedding while it fine-tunes, compares every answer with that of one thread alone, and says how fast it
// was and what memory it took. Run in the repository's root; the answer is 1 where an answer was wrong or missing.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var options = Options.Parse(args);
var questions = Ask(options);

using var server = await Server.StartAsync(options);
string network = await NetworkAsync();
var warm = await Load.RunAsync(server.Client, questions, network, options.Clients, TimeSpan.FromSeconds(Math.Min(3, options.Seconds)));
Console.WriteLine($"warmed up with {warm.Milliseconds.Length} requests");
string? tuning = options.FineTune ? await StartFineTuningAsync() : null;
double before = server.ResidentMegabytes();
var result = await Load.RunAsync(server.Client, questions, network, options.Clients, TimeSpan.FromSeconds(options.Seconds));
double after = server.ResidentMegabytes();
var tuned = tuning is null ? default : await server.Client.GetFromJsonAsync<JsonElement>(tuning);

Console.WriteLine($"{options.Clients} clients, {result.Seconds:0.0} s, {questions.Length} pictures, {options.Model}, fine-tuning beside it: {options.FineTune}");
Console.WriteLine($"requests      {result.Milliseconds.Length}, {result.Milliseconds.Length / result.Seconds:0.0} a second");
Console.WriteLine($"latency       p50 {result.Percentile(0.5):0.0} ms, p99 {result.Percentile(0.99):0.0} ms, most {result.Percentile(1):0.0} ms");
Console.WriteLine($"resident      {before:0} MiB at the start, {after:0} MiB at the end, {server.PeakMegabytes():0} MiB at most");
if (tuning is not null) Console.WriteLine($"fine-tuning   {tuned.GetProperty("state")} after {tuned.GetProperty("step")} of {tuned.GetProperty("steps")} steps");
Console.WriteLine($"answers       {result.Different + warm.Different} differ from one thread's, {result.OtherNetwork} of another network");
Console.WriteLine($"errors        {result.Errors.Values.Sum()}{string.Concat(result.Errors.Select(error => $"\n  {error.Value} x {error.Key}"))}");

bool unchanged = true;
if (tuning is not null)
{
    using var cancelled = await server.Client.DeleteAsync(new Uri(tuning, UriKind.Relative));
    string state;
    do
    {
        await Task.Delay(50);
        state = (await server.Client.GetFromJsonAsync<JsonElement>(tuning)).GetProperty("state").GetString()!;
    }
    while (state is "Waiting" or "Running");
    unchanged = state == "Cancelled" && await NetworkAsync() == network;
    Console.WriteLine($"cancelled     {state}; the network that answers is {(unchanged ? "the same" : "another")}");
}
return result.Different + warm.Different + result.OtherNetwork + result.Errors.Count == 0 && result.Milliseconds.Length > 0 && unchanged ? 0 : 1;

async Task<string> NetworkAsync() =>
    (await server.Client.GetFromJsonAsync<JsonElement>("/model")).GetProperty("network").GetString()!;

// more epochs than the time is for, so that it trains all the while
async Task<string> StartFineTuningAsync()
{
    using var response = await server.Client.PostAsJsonAsync("/fine-tune", new { folder = Path.GetFileName(options.Training), epochs = 100_000 });
    response.EnsureSuccessStatusCode();
    string address = response.Headers.Location!.ToString();
    while ((await server.Client.GetFromJsonAsync<JsonElement>(address)).GetProperty("step").GetInt32() == 0) await Task.Delay(50);
    return address;
}

static Question[] Ask(Options options)
{
    using var device = new CpuDevice(threads: 1);
    using var classifier = ImageClassifier.FromPretrained(options.Model, options.Weights, device);
    string[] files = [.. Directory.EnumerateFiles(options.Test, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    int step = Math.Max(1, files.Length / options.Pictures);
    return [.. files.Where((_, i) => i % step == 0).Take(options.Pictures).Select(file =>
    {
        byte[] picture = File.ReadAllBytes(file);
        var prediction = classifier.Predict(picture);
        return new Question(picture, prediction.Label, prediction.Probability);
    })];
}
