// What does a network still know of its first tasks when it has learnt others? Learns handwritten digits with their pixels in one order after the other, with nothing against
// forgetting, with each of the ways that the library has, and all at once, several seeds each.
//
//     dotnet run -c Release --project samples/Continual -- MNIST [--tasks 5] [--epochs 5] [--seeds 5] [--ways NAME,NAME] [--threads N]
//
// MNIST holds mnist-train-9000.npz and mnist-test-3000.npz. A table is printed as Markdown.
using System.Globalization;
using Graft.Samples.Continual;
using Graft.Tensors;
using Graft.Transfer;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length == 0 || args.Length % 2 == 0)
{
    Console.Error.WriteLine("give the folder of the digits: MNIST [--tasks N] [--epochs N] [--seeds N] [--ways NAME,NAME] [--threads N]");
    return 2;
}

int tasks = 5, epochs = 5, seeds = 5;
string[] ways = Learning.Ways;
var device = Device.Cpu;
for (int at = 1; at < args.Length; at += 2)
{
    string value = args[at + 1];
    switch (args[at])
    {
        case "--tasks": tasks = int.Parse(value); break;
        case "--epochs": epochs = int.Parse(value); break;
        case "--seeds": seeds = int.Parse(value); break;
        case "--ways": ways = value.Split(','); break;
        case "--threads": device = new CpuDevice(int.Parse(value)); break;
        default: throw new ArgumentException($"{args[at]} is no option: there are --tasks, --epochs, --seeds, --ways and --threads");
    }
}
if (ways.Except(Learning.Ways).FirstOrDefault() is { } unknown) throw new ArgumentException($"'{unknown}' is no way: there are {string.Join(", ", Learning.Ways)}");

var learning = new Learning(args[0], tasks, epochs, device);
Console.WriteLine($"| against forgetting | all {tasks} tasks in the end, % (deviation over seeds) | forgotten, points |\n| --- | --- | --- |");
foreach (string way in ways)
{
    TaskMatrix[] found = [.. Enumerable.Range(0, seeds).Select(seed => learning.Run(way, (ulong)seed))];
    double[] averages = [.. found.Select(static one => 100 * one.Average)];
    double mean = averages.Average(), deviation = seeds == 1 ? 0 : Math.Sqrt(averages.Sum(one => (one - mean) * (one - mean)) / (seeds - 1));
    Console.WriteLine($"| `{way}` | {mean:0.0} ({deviation:0.0}) | {(way == "together" ? "" : $"{100 * found.Average(static one => one.Forgetting):0.0}")} |");
}
return 0;
