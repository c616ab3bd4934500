// Makes questions about real sentences, such as captions of pictures, and writes them as SQuAD's JSON: train.json and test.json. The parts of the
// sentences, who, what they wear, a thing and a place, are written as entities in CoNLL's columns too: train.conll and test.conll.
//
//     dotnet run -c Release --project samples/QuestionAnswering -- captions.txt out [--train 5000] [--test 500] [--sentences 5] [--impossible 0] [--seed 1]
//
// A file that ends in .gz is unpacked while it is read.
using System.Globalization;
using System.IO.Compression;
using Graft.Samples.QuestionAnswering;
using Graft.Text;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length < 2 || args.Length % 2 != 0)
{
    Console.Error.WriteLine("give a file of sentences and a folder to write to: captions.txt out [--train N] [--test N] [--sentences N] [--impossible SHARE] [--seed N]");
    return 2;
}

var options = new QuestionOptions();
for (int at = 2; at < args.Length; at += 2)
{
    string value = args[at + 1];
    options = args[at] switch
    {
        "--train" => options with { Training = int.Parse(value, CultureInfo.InvariantCulture) },
        "--test" => options with { Test = int.Parse(value, CultureInfo.InvariantCulture) },
        "--sentences" => options with { Sentences = int.Parse(value, CultureInfo.InvariantCulture) },
        "--impossible" => options with { Impossible = double.Parse(value, CultureInfo.InvariantCulture) },
        "--seed" => options with { Seed = ulong.Parse(value, CultureInfo.InvariantCulture) },
        _ => throw new ArgumentException($"{args[at]} is no option: there are --train, --test, --sentences, --impossible and --seed"),
    };
}

string file = args[0], folder = args[1];
using Stream stream = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(File.OpenRead(file), CompressionMode.Decompress) : File.OpenRead(file);
var sentences = TextTable.Read(stream, file, TextTableFormat.Plain).Select(row => row[TextTable.TextColumn]).ToList();
var generator = new QuestionGenerator(sentences, options);
var (training, test) = generator.Generate();
Directory.CreateDirectory(folder);
SquadFile.Write(Path.Combine(folder, "train.json"), training);
SquadFile.Write(Path.Combine(folder, "test.json"), test);
CaptionTags.Write(Path.Combine(folder, "train.conll"), generator.Training.Select(CaptionTags.Of));
CaptionTags.Write(Path.Combine(folder, "test.conll"), generator.Test.Select(CaptionTags.Of));
Console.WriteLine($"{generator.Captions:n0} of {sentences.Count:n0} sentences are of the form that is asked about");
Console.WriteLine($"{training.Count:n0} questions to learn from, {test.Count:n0} to be tested with, whose sentences, wordings and entities are others");
foreach (var example in test.Take(5)) Console.WriteLine($"{example.Question} -> {(example.IsImpossible ? "(no answer)" : example.Answers[0].Text)}");
return 0;
