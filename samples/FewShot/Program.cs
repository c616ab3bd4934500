// Learns to learn characters of alphabets that were never seen, from one or five drawings each: prototypical networks (Snell et al. 2017) and MAML (Finn et al. 2017) on the two
// small background sets of Omniglot, three alphabets of which are held out; with prototypes also the twenty official one-shot runs. Baseline is baseline++ (Chen et al. 2019), whose
// episodes are batches of 128 drawings.
//
//     dotnet run -c Release --project samples/FewShot -- OMNIGLOT prototypes|maml|baseline [--episodes 6000] [--ways N] [--shots N] [--seed N] [--threads N] [--first-order true]
//         [--varied true] [--mirrored true]
//
//     dotnet run -c Release --project samples/FewShot -- sines maml|first-order|reptile|together STEPS SEED
//
// OMNIGLOT holds images_background_small1.zip, images_background_small2.zip and all_runs.zip.
using System.Diagnostics;
using System.Globalization;
using Graft.Samples.FewShot;
using Graft.Tensors;
using Graft.Transfer;

const int Tested = 600, TestedBetween = 40;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["sines", "maml" or "first-order" or "reptile" or "together", var steps, var number])
{
    Sines.Run(args[1], int.Parse(steps), ulong.Parse(number), Device.Cpu);
    return 0;
}
if (args.Length < 2 || args.Length % 2 != 0 || args[1] is not ("prototypes" or "maml" or "baseline"))
{
    Console.Error.WriteLine("give the folder of the data and how to learn: OMNIGLOT prototypes|maml|baseline [--episodes N] [--ways N] [--shots N] [--seed N] [--threads N] [--first-order true]");
    return 2;
}

bool isMaml = args[1] == "maml", isFirstOrder = false, isVaried = !isMaml, isMirrored = !isMaml;
int episodes = 6000, ways = isMaml ? 5 : 30, shots = 1, every = 500;
ulong seed = 0;
var device = Device.Cpu;
for (int at = 2; at < args.Length; at += 2)
{
    string value = args[at + 1];
    switch (args[at])
    {
        case "--episodes": episodes = int.Parse(value); break;
        case "--ways": ways = int.Parse(value); break;
        case "--shots": shots = int.Parse(value); break;
        case "--seed": seed = ulong.Parse(value); break;
        case "--threads": device = new CpuDevice(int.Parse(value)); break;
        case "--first-order": isFirstOrder = bool.Parse(value); break;
        case "--varied": isVaried = bool.Parse(value); break;
        case "--mirrored": isMirrored = bool.Parse(value); break;
        default: throw new ArgumentException($"{args[at]} is no option: start without any to see them");
    }
}

var all = Characters.Read(Path.Combine(args[0], "images_background_small1.zip"), Path.Combine(args[0], "images_background_small2.zip"));
string[] names = [.. all.Alphabets.Distinct()], held = names[^3..];
Characters learnt = all.Of(name => !held.Contains(name)), training = (isMirrored ? learnt.WithMirrored() : learnt).WithTurns(), test = all.Of(held.Contains);
Console.WriteLine($"{training.Alphabets.Count} characters to learn from, turned and mirrored ones among them; {test.Alphabets.Count} of {string.Join(", ", held)} held out");
using var model = new FourBlocks(ways, seed);
var groups = new ParameterGroups(model);
using var optimiser = Optimiser.Adam(groups);
groups.Rates(1e-3, 1);
var draw = new EpisodeDraw(training.Labels, ways, shots, queries: isMaml ? shots : 5, seed);
var clock = Stopwatch.StartNew();
int epochs = Math.Max(1, episodes / every);
if (isMaml)
{
    using var maml = new ModelAgnostic(model, device, new InnerLoop { Rate = 0.4 }) { IsFirstOrder = isFirstOrder };
    using var tested = new ModelAgnostic(model, device, new InnerLoop { Rate = 0.4, Steps = 3 });
    var trainer = new Trainer(optimiser, device) { Seed = seed, Backward = maml, Observers = [new GradientAccumulation(8)] };
    trainer.Fit(
        maml.Over(every, number => Adapting.TaskOf(model, training, draw.At(number))), epochs, Schedule.Cosine(),
        progress: new Progress(epochs, () => Test(Adapted, TestedBetween)));
    Test(Adapted, Tested);

    double? Adapted(int classes, int few, int count) => classes == ways && few == shots ? Adapting.Accuracy(model, tested, test, Asked(classes, few), count, device) : null;
}
else if (args[1] == "baseline")
{
    var head = new CosineHead(features: 64, training.Alphabets.Count) { Seed = seed };
    var both = new ParameterGroups([.. new ParameterGroups(model), new ParameterGroup("cosines", head)]);
    both.Rates([.. both.Select(static _ => 1e-3)]);
    using var together = Optimiser.Adam(both);
    new Trainer(together, device) { Seed = seed }.Fit(
        new Baseline(model, head, training, every, seed), epochs, Schedule.Cosine(), progress: new Progress(epochs, () => Test(Fitted, TestedBetween)));
    Test(Fitted, Tested);

    double? Fitted(int classes, int few, int count) => Baseline.Accuracy(model, test, Asked(classes, few), count, device);
}
else
{
    var trainer = new Trainer(optimiser, device) { Seed = seed };
    trainer.Fit(new Prototypes(model, training, draw, every, isVaried ? seed : null), epochs, Schedule.Cosine(), progress: new Progress(epochs, () => Test(Nearest, TestedBetween)));
    Test(Nearest, Tested);
    Console.WriteLine($"official one-shot runs: {Runs.ErrorRate(model, Path.Combine(args[0], "all_runs.zip"), device):p1} wrong");
}
return 0;

double? Nearest(int classes, int few, int count) => Prototypes.Accuracy(model, test, Asked(classes, few), count, device);

EpisodeDraw Asked(int classes, int few) => new(test.Labels, classes, few, queries: 15, seed: 99);

void Test(Func<int, int, int, double?> accuracy, int count)
{
    var text = new List<string>();
    foreach (var (classes, few) in new[] { (5, 1), (5, 5), (20, 1) })
        if (accuracy(classes, few, count) is { } share) text.Add($"{classes}-way {few}-shot {share:p1}");
    Console.WriteLine($"{string.Join(", ", text)}, {clock.Elapsed.TotalMinutes:0.0} min");
}
