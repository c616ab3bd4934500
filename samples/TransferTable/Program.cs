// What is each way of fine-tuning worth, with few examples and with many? Runs every arm of Arms.cs on every case of a file, several seeds each, and
// writes a table of the accuracies on the cases' tests.
//
//     dotnet run -c Release --project samples/TransferTable -- cases.json results.jsonl [--seeds 3] [--only TEXT] [--arms TEXT,TEXT] [--threads N]
//
// Each run is a line of the results as soon as it has ended; those that are there already are not made again, so that it can be stopped at any time.
// The table is printed as Markdown in the end.
using System.Globalization;
using Graft.Samples.TransferTable;
using Graft.Tensors;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length < 2 || args.Length % 2 != 0)
{
    Console.Error.WriteLine("give a file of cases and one for the results: cases.json results.jsonl [--seeds N] [--only TEXT] [--arms TEXT,TEXT] [--threads N]");
    return 2;
}

int seeds = 3;
string? only = null;
var device = Device.Cpu;
var arms = Arm.All;
for (int at = 2; at < args.Length; at += 2)
{
    string value = args[at + 1];
    switch (args[at])
    {
        case "--seeds": seeds = int.Parse(value, CultureInfo.InvariantCulture); break;
        case "--only": only = value; break;
        case "--arms": arms = [.. value.Split(',').Select(Arm.Find)]; break;
        case "--threads": device = new CpuDevice(int.Parse(value, CultureInfo.InvariantCulture)); break;
        default: throw new ArgumentException($"{args[at]} is no option: there are --seeds, --only, --arms and --threads");
    }
}

var cases = Case.Read(args[0]).Where(found => only is null || found.Name.Contains(only, StringComparison.OrdinalIgnoreCase)).ToList();
if (cases.Count == 0) throw new ArgumentException($"{args[0]}: no case is called '{only}'");
var results = new Results(args[1]);
// seed by seed, so that there is a whole table soon and a better one later
for (ulong seed = 0; seed < (ulong)seeds; seed++)
{
    foreach (var found in cases)
    {
        foreach (var size in found.Sizes)
        {
            foreach (var arm in arms.Where(arm => !results.Has(found, size, arm, seed)))
            {
                var result = found.Kind == CaseKind.Texts ? TextRun.Make(found, size, arm, seed, device) : ImageRun.Make(found, size, arm, seed, device);
                results.Add(result);
                Console.Error.WriteLine($"{result.Case}, {result.Size}, {result.Arm}, seed {seed}: {result.Accuracy:p1} in {result.Seconds:0} s");
            }
        }
    }
}

foreach (var found in cases) Console.WriteLine(Table.Of(found, arms, results));
return 0;
