// Heads paragraphs of real captions with who does what in each sentence, learnt from few of them: by a Transformer that has learnt before, without any
// labels, to restore texts with spans masked (BART's infilling, or with --objective spans T5's span corruption), by one that begins from nothing, and by baselines that take the paragraph's first words.
//
//     dotnet run -c Release --project samples/Summarisation -- multi30k out [--objective infilling|spans] [--pretrain-epochs 8] [--examples 1000] [--epochs 20] [--seeds 3] [--threads N] [--resume true]
//
// Headlines are made of captions by the rule in Headline.cs. Each result is a line of results.jsonl as soon as it is there; those that are there are not
// made again, and a pretraining that was stopped, by --minutes or otherwise, goes on with --resume true. The table is printed as Markdown in the end.
using System.Diagnostics;
using System.Globalization;
using Graft.Models;
using Graft.Samples.Sequences;
using Graft.Samples.Summarisation;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Text;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length < 2 || args.Length % 2 != 0)
{
    Console.Error.WriteLine("give the folder of the data and one to write to: multi30k out [--objective infilling|spans] [--pretrain-epochs N] [--examples N] [--epochs N] [--seeds N] [--vocabulary V] [--width D] "
        + "[--layers N] [--test N] [--threads N] [--minutes M] [--resume true]");
    return 2;
}

string data = args[0], folder = args[1];
string objective = "infilling";
int examples = 1000, seeds = 3, vocabulary = 4000, tested = int.MaxValue;
Device device = Device.Cpu;
var sizes = new ModelSizes { Layers = 2, Width = 192, InnerWidth = 768, Dropout = 0.1 };
var pretraining = new SequenceRecipe { Epochs = 8 };
var tuning = new SequenceRecipe { Epochs = 20, Rate = 5e-4, TokensPerBatch = 1024 };
for (int at = 2; at < args.Length; at += 2)
{
    string value = args[at + 1];
    switch (args[at])
    {
        case "--objective": objective = value is "infilling" or "spans" ? value : throw new ArgumentException($"--objective is infilling or spans, not {value}"); break;
        case "--pretrain-epochs": pretraining = pretraining with { Epochs = int.Parse(value, CultureInfo.InvariantCulture) }; break;
        case "--examples": examples = int.Parse(value, CultureInfo.InvariantCulture); break;
        case "--epochs": tuning = tuning with { Epochs = int.Parse(value, CultureInfo.InvariantCulture) }; break;
        case "--seeds": seeds = int.Parse(value, CultureInfo.InvariantCulture); break;
        case "--vocabulary": vocabulary = int.Parse(value, CultureInfo.InvariantCulture); break;
        case "--width": sizes = sizes with { Width = int.Parse(value, CultureInfo.InvariantCulture), InnerWidth = 4 * int.Parse(value, CultureInfo.InvariantCulture) }; break;
        case "--layers": sizes = sizes with { Layers = int.Parse(value, CultureInfo.InvariantCulture) }; break;
        case "--test": tested = int.Parse(value, CultureInfo.InvariantCulture); break;
        case "--threads": device = new CpuDevice(int.Parse(value, CultureInfo.InvariantCulture)); break;
        case "--minutes": pretraining = pretraining with { Limit = TimeSpan.FromMinutes(double.Parse(value, CultureInfo.InvariantCulture)) }; break;
        case "--resume": pretraining = pretraining with { Resume = bool.Parse(value) }; break;
        default: throw new ArgumentException($"{args[at]} is no option: start without any to see them");
    }
}

string[] captions = Captions("train");
Directory.CreateDirectory(folder);
var encoding = new BpeTrainerOptions { Size = vocabulary };
// what stands for a span has to be a token of its own
if (objective == "spans") encoding = encoding with { SpecialTokens = [.. encoding.SpecialTokens, .. Enumerable.Range(0, 100).Select(id => $"<extra_id_{id}>")] };
BpeTrainer.Train(captions, encoding).Save(folder, sizes.Positions);
var tokeniser = Tokeniser.Open(folder);
var results = new Results(Path.Combine(folder, "results.jsonl"));
ParallelTexts all = Paragraphs.Of("train", captions, seed: 0), heldOut = Paragraphs.Of("val", Captions("val"), seed: 0);
var test = Paragraphs.Of("test", Captions("test_2016_flickr"), seed: 0).Where(index => index < tested);
Console.Error.WriteLine($"{all.Count:n0} paragraphs, {examples:n0} of them to learn from, {test.Count:n0} to be tested with: {test[0].Source} -> {test[0].Target}");

int words = (int)Math.Round(all.Targets.Average(static target => target.Split(' ').Length));
Baseline("first sentence", Paragraphs.FirstSentence);
Baseline($"first {words} words", paragraph => Paragraphs.FirstWords(paragraph, words));
Baseline($"first {words / Paragraphs.Sentences} words of each sentence", paragraph => Paragraphs.FirstWordsOfEach(paragraph, words / Paragraphs.Sentences));

string weights = Path.Combine(folder, "pretrained", "model.safetensors");
if (!File.Exists(weights) && !Pretrain()) return 0;
for (ulong seed = 0; seed < (ulong)seeds; seed++)
{
    foreach (var (arm, isPretrained) in new[] { ($"pretrained by {objective}", true), ("from nothing", false) })
        if (!results.Has(arm, seed)) results.Add(Tune(arm, seed, isPretrained));
}

Console.WriteLine(results.Table());
return 0;

string[] Captions(string name) => [.. TextTable.Open(Path.Combine(data, $"{name}.en.gz"), new TextTableOptions { Format = TextTableFormat.Plain })
    .Select(row => row[TextTable.TextColumn].Trim()).Where(caption => caption.Length > 0)];

void Baseline(string arm, Func<string, string> write)
{
    if (!results.Has(arm, 0)) results.Add(Result.Of(arm, 0, [.. test.Sources.Select(write)], test));
}

// the paragraphs are restored as they are: no headline is seen
bool Pretrain()
{
    using var run = new SequenceRun(sizes.Create(tokeniser.VocabularySize, seed: 0), tokeniser, device);
    if (!run.Train(Restored(run, all), Restored(run, heldOut), pretraining, folder, Corruption())) return false;
    run.Save(Path.GetDirectoryName(weights)!, sizes.Config(tokeniser.VocabularySize));
    return true;
}

Func<SequencePair, int, int, SequencePair> Corruption()
{
    if (objective == "spans")
    {
        var spans = new SpanCorruption(tokeniser, seed: 0);
        return (pair, number, epoch) => spans.Corrupt(pair.Source, number, epoch);
    }
    var infilling = new TextInfilling(tokeniser, seed: 0);
    return (pair, number, epoch) => pair with { Source = infilling.Corrupt(pair.Source, number, epoch) };
}

IReadOnlyList<SequencePair> Restored(SequenceRun run, ParallelTexts texts) =>
    run.Pairs(new ParallelTexts(texts.Source, texts.Sources.Select(static text => new ParallelExample(text, text))));

Result Tune(string arm, ulong seed, bool isPretrained)
{
    using var run = new SequenceRun(sizes.Create(tokeniser.VocabularySize, seed), tokeniser, device);
    if (isPretrained)
    {
        using var checkpoint = Checkpoint.Open(weights);
        run.Model.Load(checkpoint);
    }
    var clock = Stopwatch.StartNew();
    string own = Path.Combine(folder, FormattableString.Invariant($"{(isPretrained ? "tuned" : "new")}-{seed}"));
    run.Train(run.Pairs(all.Draw(examples, seed)), run.Pairs(heldOut), tuning with { Seed = seed }, own);
    double seconds = clock.Elapsed.TotalSeconds;
    string[] written = run.Write(test.Sources, beams: 4, longest: 60);
    File.WriteAllLines(Path.Combine(own, "test.txt"), written);
    return Result.Of(arm, seed, written, test, seconds);
}
