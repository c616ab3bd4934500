// A new keyword from ten recordings: a small head on the published speech embedding, against a network of its own from scratch.
//
//     python3 samples/Keywords/make_recordings.py RECORDINGS
//     dotnet run -c Release --project samples/Keywords -- RECORDINGS SPEECH-EMBEDDING
using System.Globalization;
using Graft.Audio;
using Graft.Autograd;
using Graft.Onnx;
using Graft.Samples.Keywords;
using Graft.Tensors;
using Graft.Transfer;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length != 2)
{
    Console.Error.WriteLine("keywords: two folders are needed, that of the recordings and that of the embedding's graphs");
    return 2;
}
Clips training = Clips.Read(Path.Combine(args[0], "train"), keywordCopies: 24, otherCopies: 3, seed: 1), test = Clips.Read(Path.Combine(args[0], "test"), 1, 1, seed: 2);
Console.WriteLine($"{training.Labels.Count} clips to learn from, {training.Labels.Sum()} of them the keyword's ten recordings; {test.Labels.Count} to be tested on, {test.Labels.Sum()} the keyword");

using var embedding = new SpeechEmbedding(args[1]);
float[][] embedded = [.. training.Samples.Select(embedding.Of)], embeddedTest = [.. test.Samples.Select(embedding.Of)];
foreach (string name in (string[])["alexa_v0.1", "hey_rhasspy_v0.1"])
{
    using var head = OnnxModel.Open(Path.Combine(args[1], $"{name}.onnx"));
    Console.WriteLine($"published head {name}: at most {embeddedTest.Max(one => SpeechEmbedding.Score(head, one)):0.000} on speech without its word");
}
var mel = new FeatureExtractor(FeatureOptions.TorchaudioMelSpectrogram with { HopLength = 160, MelBands = 32, Logarithm = FeatureLogarithm.Whisper });
float[][] bands = [.. training.Samples.Select(clip => mel.Extract(clip).Values)], bandsTest = [.. test.Samples.Select(clip => mel.Extract(clip).Values)];

for (ulong seed = 0; seed < 3; seed++)
{
    Tell("head on the embedding", new EmbeddingHead { Seed = seed }, embedded, embeddedTest, [embedded[0].Length], epochs: 12, seed);
    Tell("from scratch         ", new ScratchNetwork { Seed = seed }, bands, bandsTest, [1, bands[0].Length / 32, 32], epochs: 12, seed);
}
return 0;

void Tell(string name, KeywordNetwork network, float[][] features, float[][] tested, int[] shape, int epochs, ulong seed)
{
    using (network)
    {
        Train(network, features, shape, epochs, seed);
        double[] scores = [.. Scores(network, tested, shape)];
        double[] keyword = [.. scores.Where((_, at) => test.Labels[at] == 1)], other = [.. scores.Where((_, at) => test.Labels[at] == 0).OrderDescending()];
        double area = keyword.Average(one => other.Average(two => one > two ? 1 : one == two ? 0.5 : 0)), threshold = other[other.Length / 100];
        Console.WriteLine($"{name} seed {seed}: area under the curve {area:0.0000}, found at 1 % false alarms {keyword.Count(one => one > threshold)} of {keyword.Length}");
    }
}

void Train(KeywordNetwork network, float[][] features, int[] shape, int epochs, ulong seed)
{
    const int Batch = 32;
    var groups = new ParameterGroups(network);
    groups.Rates(head: 1e-3);
    using var optimiser = Optimiser.AdamW(groups);
    var order = new RandomStream(seed, "order");
    for (int epoch = 0; epoch < epochs; epoch++)
        foreach (int[] rows in order.Permutation(features.Length, (ulong)epoch).Chunk(Batch))
        {
            using var pass = Pass.Train(Device.Cpu, seed);
            var loss = network.Forward(Input(pass, features, shape, rows)).CrossEntropy([.. rows.Select(row => training.Labels[row])]);
            optimiser.Step(pass.Backward(loss));
        }
}

IEnumerable<double> Scores(KeywordNetwork network, float[][] features, int[] shape)
{
    foreach (int[] rows in Enumerable.Range(0, features.Length).Chunk(60))
    {
        using var pass = Pass.Infer(Device.Cpu);
        float[] logits = network.Forward(Input(pass, features, shape, rows)).Value.ToArray();
        for (int row = 0; row < rows.Length; row++) yield return logits[2 * row + 1] - logits[2 * row];
    }
}

static Variable Input(Pass pass, float[][] features, int[] shape, int[] rows) =>
    pass.Constant(pass.Upload<float>([rows.Length, .. shape], [.. rows.SelectMany(row => features[row])]));
