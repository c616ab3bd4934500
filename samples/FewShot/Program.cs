// Learns to learn characters of alphabets that were never seen, from one or five drawings each, on the two small background sets of Omniglot, three alphabets of which are held out:
// prototypical networks (Snell et al. 2017), MAML (Finn et al. 2017), baseline++ (Chen et al. 2019) or any other method of MetaLearningKind; with prototypes also the twenty official
// one-shot runs.
//
//     dotnet run -c Release --project samples/FewShot -- OMNIGLOT METHOD [--episodes 2500] [--ways N] [--shots N] [--queries N] [--tasks N] [--rate R] [--inner-rate R]
//         [--inner-steps N] [--seed N] [--threads N] [--varied true|false] [--mirrored true|false] [--weights FILE]
//         [--out trunk.safetensors]
//
//     dotnet run -c Release --project samples/FewShot -- sines maml|first-order|reptile|together STEPS SEED
//
// OMNIGLOT holds images_background_small1.zip, images_background_small2.zip and all_runs.zip.
using System.Diagnostics;
using System.Globalization;
using Graft.Samples.FewShot;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Transfer;

const string Network = "conv4-28";
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["sines", "maml" or "first-order" or "reptile" or "together", var steps, var number])
{
    Sines.Run(args[1], int.Parse(steps), ulong.Parse(number), Device.Cpu);
    return 0;
}
if (args.Length < 2 || args.Length % 2 != 0)
{
    Console.Error.WriteLine($"give the folder of the data and how to learn: OMNIGLOT {string.Join('|', MetaLearningKind.All)} [--episodes N] [--ways N] [--shots N] [--queries N] [--tasks N] "
        + "[--rate R] [--inner-rate R] [--inner-steps N] [--seed N] [--threads N] [--varied true|false] [--mirrored true|false] "
        + "[--weights FILE] [--out FILE]");
    return 2;
}

var kind = MetaLearningKind.Named(args[1]);
// what learns by steps has as many classes in training as where it is tested
bool isStepped = kind.Inner is not null, isVaried = true, isMirrored = true;
int episodes = 2500, ways = isStepped ? 5 : 30, shots = 1;
int? queries = null, tasks = null;
double? rate = null;
var inner = kind.Inner;
ulong seed = 0;
string? weights = null;
string target = Path.Combine(Path.GetTempPath(), $"{kind}-{Environment.ProcessId}.safetensors");
var device = Device.Cpu;
for (int at = 2; at < args.Length; at += 2)
{
    string value = args[at + 1];
    switch (args[at])
    {
        case "--episodes": episodes = int.Parse(value); break;
        case "--ways": ways = int.Parse(value); break;
        case "--shots": shots = int.Parse(value); break;
        case "--queries": queries = int.Parse(value); break;
        case "--tasks": tasks = int.Parse(value); break;
        case "--rate": rate = double.Parse(value); break;
        case "--inner-rate": inner = inner! with { Rate = double.Parse(value) }; break;
        case "--inner-steps": inner = inner! with { Steps = int.Parse(value) }; break;
        case "--seed": seed = ulong.Parse(value); break;
        case "--threads": device = new CpuDevice(int.Parse(value)); break;
        case "--varied": isVaried = bool.Parse(value); break;
        case "--mirrored": isMirrored = bool.Parse(value); break;
        case "--weights": weights = value; break;
        case "--out": target = value; break;
        default: throw new ArgumentException($"{args[at]} is no option: start without any to see them");
    }
}

var all = Characters.Read(Path.Combine(args[0], "images_background_small1.zip"), Path.Combine(args[0], "images_background_small2.zip"));
string[] held = [.. all.ClassNames.Select(Characters.Alphabet).Distinct().TakeLast(3)];
LabelledImages training = all.Where(name => !held.Contains(name)).WithTurns(isMirrored), test = all.Where(held.Contains);
Console.WriteLine($"{training.ClassNames.Count} characters to learn from, turned{(isMirrored ? " and mirrored" : "")} ones among them; {test.ClassNames.Count} of {string.Join(", ", held)} held out");
var clock = Stopwatch.StartNew();
using var learning = new ImageMetaLearning(weights is null ? ImageModelSource.Scratch(Network, seed) : ImageModelSource.Pretrained(Network, weights, seed), device);
var report = learning.Train(training, new ImageMetaLearningOptions
{
    Method = kind,
    Ways = ways,
    Shots = shots,
    Queries = queries ?? (isStepped ? shots : 5),
    Episodes = episodes,
    TasksPerStep = tasks,
    LearningRate = rate,
    Inner = inner == kind.Inner ? null : inner,
    Variation = new VariationOptions { Policy = isVaried ? AugmentationPolicy.Affine : null },
    Seed = seed,
}, test);
foreach (var epoch in report.Epochs) Console.WriteLine($"part {epoch.Epoch}: loss {epoch.Loss:0.000}, {epoch.Validation!.Accuracy:p1} right, {epoch.Seconds / 60:0.0} min");
Console.WriteLine($"{report.Steps} episodes in {clock.Elapsed.TotalMinutes:0.0} min");
// the papers test with turned characters too, as further ones
foreach (var (tested, name) in new[] { (test, "as they are"), (test.WithTurns(isMirrored: false), "turned ones among them") })
    foreach (var (of, few) in isStepped ? [(ways, 1), (ways, 5)] : new[] { (5, 1), (5, 5), (20, 1) }) Console.WriteLine($"characters {name}, {learning.Evaluate(tested, of, few, seed: 99)}");
learning.Save(target);
if (kind == MetaLearningKind.Prototypes)
{
    using var trunk = ImageClassifier.FromPretrained(Network, target, device);
    Console.WriteLine($"official one-shot runs: {Runs.ErrorRate(trunk, Path.Combine(args[0], "all_runs.zip")):p1} wrong");
}
return 0;
