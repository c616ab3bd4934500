// What is a trunk worth that has learnt from pictures without labels? Pretrains a ResNet-20 of CIFAR, measures its features by a linear probe and by nearest neighbours beside those of
// a trunk of random numbers and beside the pixels, and fine-tunes it on ten labels a class beside the same network from nothing.
//
//     dotnet run -c Release --project samples/Unlabelled -- DATA TRUNKS [--methods simclr,barlow-twins] [--epochs 60] [--batch-size 64] [--seeds 3] [--threads N]
//
// DATA holds train and test, a folder a class. Trunks are kept in TRUNKS, and what is there is not learnt again.
using System.Globalization;
using Graft.Samples.Unlabelled;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Transfer;

const string Network = "cifar-resnet20";
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length < 2 || args.Length % 2 != 0)
{
    Console.Error.WriteLine("give the folder of the data and one for trunks: DATA TRUNKS [--methods NAME,NAME] [--epochs N] [--batch-size N] [--seeds N] [--threads N]");
    return 2;
}

string[] methods = [.. PretrainingMethodKind.All.Select(static kind => kind.Name)];
int epochs = 60, batchSize = 64, seeds = 3;
var device = Device.Cpu;
for (int at = 2; at < args.Length; at += 2)
{
    string value = args[at + 1];
    switch (args[at])
    {
        case "--methods": methods = value.Split(','); break;
        case "--epochs": epochs = int.Parse(value); break;
        case "--batch-size": batchSize = int.Parse(value); break;
        case "--seeds": seeds = int.Parse(value); break;
        case "--threads": device = new CpuDevice(int.Parse(value)); break;
        default: throw new ArgumentException($"{args[at]} is no option: there are --methods, --epochs, --batch-size, --seeds and --threads");
    }
}

LabelledImages train = LabelledImages.Open(Path.Combine(args[0], "train"), DataUse.Training), test = LabelledImages.Open(Path.Combine(args[0], "test"));
Directory.CreateDirectory(args[1]);
Console.WriteLine("| features | linear probe, % | 20 nearest neighbours, % | fine-tuned on ten labels a class, % | minutes of pretraining |\n| --- | --- | --- | --- | --- |");
Tell("pixels, 8 x 8", Probing.Of(train, test, static pictures => Probing.Pixels(pictures)), null, 0);
using (var random = ImageClassifier.FromScratch(Network, device)) Tell("a trunk of random numbers", Probing.Of(train, test, pictures => Probing.Features(random, pictures)), null, 0);
foreach (string method in methods)
{
    string trunk = Path.Combine(args[1], $"{method}-{epochs}-{batchSize}.safetensors");
    double minutes = double.NaN;
    if (!File.Exists(trunk))
    {
        using var pretraining = new ImagePretraining(ImageModelSource.Scratch(Network, seed: 0), device);
        minutes = pretraining.Train(train, new ImagePretrainingOptions { Method = PretrainingMethodKind.Named(method), Epochs = epochs, BatchSize = batchSize }, new Told(method)).Seconds / 60;
        pretraining.Save(trunk);
    }
    using var knowing = ImageClassifier.FromPretrained(Network, trunk, device);
    Tell(method, Probing.Of(train, test, pictures => Probing.Features(knowing, pictures)), trunk, minutes);
}
return 0;

void Tell(string name, (double Probe, double Neighbours) found, string? trunk, double minutes)
{
    double[] few = name.StartsWith("pixels") ? [] : [.. Enumerable.Range(0, seeds).Select(seed => 100 * FewLabels.Accuracy(Network, trunk, train, test, (ulong)seed, device))];
    string tuned = few.Length == 0 ? "" : $"**{few.Average():0.0}** ({string.Join(", ", few.Select(static share => $"{share:0.0}"))})";
    Console.WriteLine($"| {name} | {100 * found.Probe:0.0} | {100 * found.Neighbours:0.0} | {tuned} | {minutes:0.0} |");
}

/// <summary>Tells of each tenth epoch.</summary>
internal sealed class Told(string name) : IProgress<FitProgress>
{
    public void Report(FitProgress value)
    {
        if (value.Finished is { } epoch && epoch.Epoch % 10 == 0) Console.Error.WriteLine($"{name}, epoch {epoch.Epoch}: loss {epoch.Loss:0.000}");
    }
}
