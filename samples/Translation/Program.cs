// Learns to translate from nothing: a vocabulary of joined bytes and a small Transformer from pairs of sentences, tested with beams by sacreBLEU's rule.
// Then transfer: the model of one direction learns the other from few pairs, whole or with its encoder frozen, beside one that begins from nothing.
//
//     dotnet run -c Release --project samples/Translation -- multi30k out/de-en
//     dotnet run -c Release --project samples/Translation -- multi30k out/en-de-few --direction en-de --pairs 2000 --from out/de-en [--freeze-encoder true]
//     dotnet run -c Release --project samples/Translation -- multi30k out/en-de-new --direction en-de --pairs 2000
//
// The folder of the data has train, val and test_2016_flickr with .de.gz and .en.gz behind them. A training that was stopped, by --minutes or otherwise,
// goes on with --resume true. The results are in results.json of the folder, and what was written for the test in test.txt.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Graft.Models;
using Graft.Samples.Sequences;
using Graft.Tensors;
using Graft.Text;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length < 2 || args.Length % 2 != 0)
{
    Console.Error.WriteLine("give the folder of the data and one to write to: multi30k out [--direction de-en] [--pairs N] [--from FOLDER] [--freeze-encoder true] [--epochs N] "
        + "[--rate R] [--vocabulary V] [--width D] [--layers N] [--dropout P] [--batch-tokens N] [--beams N] [--test N] [--seed N] [--threads N] [--minutes M] [--resume true]");
    return 2;
}

string data = args[0], folder = args[1], direction = "de-en";
string? from = null;
int? count = null;
int vocabulary = 6000, beams = 4, tested = int.MaxValue;
Device device = Device.Cpu;
var sizes = new ModelSizes();
var recipe = new SequenceRecipe();
for (int at = 2; at < args.Length; at += 2)
{
    string value = args[at + 1];
    switch (args[at])
    {
        case "--direction": direction = value; break;
        case "--pairs": count = int.Parse(value, CultureInfo.InvariantCulture); break;
        case "--from": from = value; break;
        case "--freeze-encoder": recipe = recipe with { Frozen = bool.Parse(value) ? "model.encoder.layers.**" : null }; break;
        case "--epochs": recipe = recipe with { Epochs = int.Parse(value, CultureInfo.InvariantCulture) }; break;
        case "--rate": recipe = recipe with { Rate = double.Parse(value, CultureInfo.InvariantCulture) }; break;
        case "--vocabulary": vocabulary = int.Parse(value, CultureInfo.InvariantCulture); break;
        case "--width": sizes = sizes with { Width = int.Parse(value, CultureInfo.InvariantCulture), InnerWidth = 4 * int.Parse(value, CultureInfo.InvariantCulture) }; break;
        case "--layers": sizes = sizes with { Layers = int.Parse(value, CultureInfo.InvariantCulture) }; break;
        case "--dropout": sizes = sizes with { Dropout = double.Parse(value, CultureInfo.InvariantCulture) }; break;
        case "--batch-tokens": recipe = recipe with { TokensPerBatch = int.Parse(value, CultureInfo.InvariantCulture) }; break;
        case "--beams": beams = int.Parse(value, CultureInfo.InvariantCulture); break;
        case "--test": tested = int.Parse(value, CultureInfo.InvariantCulture); break;
        case "--seed": recipe = recipe with { Seed = ulong.Parse(value, CultureInfo.InvariantCulture) }; break;
        case "--threads": device = new CpuDevice(int.Parse(value, CultureInfo.InvariantCulture)); break;
        case "--minutes": recipe = recipe with { Limit = TimeSpan.FromMinutes(double.Parse(value, CultureInfo.InvariantCulture)) }; break;
        case "--resume": recipe = recipe with { Resume = bool.Parse(value) }; break;
        default: throw new ArgumentException($"{args[at]} is no option: start without any to see them");
    }
}

string[] languages = direction.Split('-');
ParallelTexts training = Read("train"), validation = Read("val"), test = Read("test_2016_flickr").Where(index => index < tested);
if (count is { } few) training = training.Draw(few, recipe.Seed);
var tokeniser = Vocabulary();
using var run = new SequenceRun(Begin(), tokeniser, device);
var clock = Stopwatch.StartNew();
if (!run.Train(run.Pairs(training), run.Pairs(validation), recipe, folder)) return 0;
double seconds = clock.Elapsed.TotalSeconds;
run.Save(folder, sizes.Config(tokeniser.VocabularySize));

clock.Restart();
string[] written = run.Write(test.Sources, beams, longest: 80);
File.WriteAllLines(Path.Combine(folder, "test.txt"), written);
var bleu = BleuScore.Of(written, test.Targets);
var chrf = ChrfScore.Of(written, test.Targets);
Console.WriteLine($"{direction}, {training.Count:n0} pairs, {(from is null ? "from nothing" : "from " + from)}: {bleu}, {chrf}; {clock.Elapsed.TotalSeconds:0} s to write {test.Count:n0}");
Console.WriteLine(bleu.Signature);
for (int at = 0; at < Math.Min(5, test.Count); at++) Console.WriteLine($"  {test[at].Source} -> {written[at]} ({test[at].Target})");
File.WriteAllText(Path.Combine(folder, "results.json"), JsonSerializer.Serialize(new
{
    direction,
    pairs = training.Count,
    from,
    frozen = recipe.Frozen,
    recipe.Epochs,
    recipe.Seed,
    seconds,
    bleu = bleu.Score,
    chrf = chrf.Score,
    signature = bleu.Signature,
}));
return 0;

ParallelTexts Read(string name) => ParallelTexts.Open(Place(name, languages[0]), Place(name, languages[1]));

string Place(string name, string language) => Path.Combine(data, $"{name}.{language}.gz");

// one vocabulary for both languages, learnt of all training texts, so that every run has the same
Tokeniser Vocabulary()
{
    var both = ParallelTexts.Open(Place("train", "de"), Place("train", "en"));
    var learnt = BpeTrainer.Train(both.Sources.Concat(both.Targets), new BpeTrainerOptions { Size = vocabulary });
    learnt.Save(folder, sizes.Positions);
    return Tokeniser.Open(folder);
}

EncoderDecoderModel Begin()
{
    var model = sizes.Create(tokeniser.VocabularySize, recipe.Seed);
    if (from is null) return model;
    using var checkpoint = Checkpoint.Open(Path.Combine(from, "model.safetensors"));
    Console.Error.WriteLine(model.Load(checkpoint).Summary);
    return model;
}
