// What do the methods of domain adaptation give on pictures of another kind, and can the best of them be told without labels of those? Trains a small network on
// handwritten digits and adapts it to digits on photographs (as MNIST-M is made) and to scanned ones of 8 x 8 pixels, and a published network of CIFAR to pictures that were
// squeezed by JPEG: every method, several seeds each. With a published encoder also what has learnt from short sentences about films to long ones.
//
//     dotnet run -c Release --project samples/DomainShift -- DATA results.jsonl [--seeds 5] [--epochs 40] [--only TEXT] [--methods NAME,NAME] [--threads N]
//         [--encoder FOLDER]
//
// A method has its own strength, or another as in --methods dann@0.1.
// DATA holds mnist/mnist-train-9000.npz, mnist/mnist-test-3000.npz, digits/digits.csv.gz, cifar10-jpeg/train and /test, cifar-resnet, and text/sst2. Each run is a line of the results as
// soon as it has ended; those that are there already are not made again. A table is printed as Markdown in the end.
using System.Globalization;
using System.Text.Json;
using Graft.Samples.DomainShift;
using Graft.Tensors;
using Graft.Transfer;

const int TextEpochs = 4;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length < 2 || args.Length % 2 != 0)
{
    Console.Error.WriteLine("give the folder of the data and a file for the results: DATA results.jsonl [--seeds N] [--epochs N] [--only TEXT] [--methods NAME,NAME] [--threads N] [--encoder FOLDER]");
    return 2;
}

int seeds = 5, epochs = 40;
string? only = null, encoder = null;
var device = Device.Cpu;
string[] methods =
[
    DomainMethodKind.SourceOnly.Name, .. DomainMethodKind.All.Where(static kind => kind != DomainMethodKind.SourceOnly).Select(static kind => kind.Name), Run.SourceWithNorms,
    TextShift.Continued, Run.Oracle,
];
for (int at = 2; at < args.Length; at += 2)
{
    string value = args[at + 1];
    switch (args[at])
    {
        case "--seeds": seeds = int.Parse(value); break;
        case "--epochs": epochs = int.Parse(value); break;
        case "--only": only = value; break;
        case "--methods": methods = value.Split(','); break;
        case "--encoder": encoder = value; break;
        case "--threads": device = new CpuDevice(int.Parse(value)); break;
        default: throw new ArgumentException($"{args[at]} is no option: there are --seeds, --epochs, --only, --methods, --encoder and --threads");
    }
}

DigitNetwork.Register();
// what makes a run of each shift, and the methods that it has
string[] ofPictures = [.. methods.Where(static method => method != TextShift.Continued)];
var shifts = Shift.Read(args[0])
    .Select(shift => (shift.Name, Methods: ofPictures, Make: (Func<string, ulong, Result>)((method, seed) => Run.Make(shift, method, seed, epochs, device)))).ToList();
if (encoder is not null)
{
    var texts = new TextShift(Path.Combine(args[0], "text", "sst2"), encoder);
    shifts.Add((TextShift.Name, [.. methods.Where(TextShift.IsFor)], (method, seed) => texts.Make(method, seed, TextEpochs, device)));
}
shifts.RemoveAll(shift => only is not null && !shift.Name.Contains(only, StringComparison.OrdinalIgnoreCase));
var results = File.Exists(args[1]) ? File.ReadLines(args[1]).Select(static line => JsonSerializer.Deserialize<Result>(line)!).ToList() : [];
for (ulong seed = 0; seed < (ulong)seeds; seed++)
{
    foreach (var (name, own, make) in shifts)
    {
        foreach (string method in own)
        {
            if (results.Exists(done => done.Shift == name && done.Method == method && done.Seed == seed)) continue;
            var result = make(method, seed);
            results.Add(result);
            File.AppendAllText(args[1], JsonSerializer.Serialize(result) + "\n");
            Console.Error.WriteLine($"{name}, {method}, seed {seed}: {result.Target:p1} right, {result.Expected:p1} expected, {result.Distance:0.00} apart, {result.Information:0.00} told, {result.Seconds:0} s");
        }
    }
}

foreach (var (name, own, _) in shifts) Table.Write(Console.Out, name, own, results);
return 0;
