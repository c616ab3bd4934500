// What is a trunk worth that has learnt another game? Solves the pole by every method, then learns a game of pixels from nothing and from a trunk that imitated a good player of the
// same game in another coat, frozen or not, several seeds each.
//
//     dotnet run -c Release --project samples/Games -- pole|pixels results.jsonl [--seeds 5] [--frames N] [--threads N]
//
// Each run is a line of the results as soon as it has ended; those that are there already are not made again. A table is printed as Markdown in the end.
using System.Globalization;
using System.Text.Json;
using Graft.Samples.Games;
using Graft.Tensors;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length < 2 || args.Length % 2 != 0 || args[0] is not ("pole" or "pixels"))
{
    Console.Error.WriteLine("say what is to be learnt, and give a file for the results: pole|pixels results.jsonl [--seeds N] [--frames N] [--threads N]");
    return 2;
}

bool isPole = args[0] == "pole";
int seeds = 5;
long frames = isPole ? 200_000 : 400_000;
var device = Device.Cpu;
for (int at = 2; at < args.Length; at += 2)
{
    string value = args[at + 1];
    switch (args[at])
    {
        case "--seeds": seeds = int.Parse(value); break;
        case "--frames": frames = long.Parse(value); break;
        case "--threads": device = new CpuDevice(int.Parse(value)); break;
        default: throw new ArgumentException($"{args[at]} is no option: there are --seeds, --frames and --threads");
    }
}

var arms = isPole ? Pole.Arms : Pixels.Arms;
var results = File.Exists(args[1]) ? File.ReadLines(args[1]).Select(static line => JsonSerializer.Deserialize<Result>(line)!).ToList() : [];
for (ulong seed = 0; seed < (ulong)seeds; seed++)
{
    foreach (string arm in arms)
    {
        if (results.Exists(done => done.Arm == arm && done.Seed == seed)) continue;
        var result = isPole ? Pole.Run(arm, seed, frames, device) : Pixels.Run(arm, seed, frames, device);
        results.Add(result);
        File.AppendAllText(args[1], JsonSerializer.Serialize(result) + "\n");
        Console.Error.WriteLine($"{arm}, seed {seed}: tested {result.Tested:0.0}, {(result.FramesTo is { } needed ? $"{needed:n0} frames to it" : "not reached")}, {result.Frames:n0} frames in {result.Seconds:0} s");
    }
}
Table.Write(Console.Out, arms, results);
return 0;
