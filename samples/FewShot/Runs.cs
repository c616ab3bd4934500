using System.IO.Compression;
using Graft.Tasks;

namespace Graft.Samples.FewShot;

/// <summary>The twenty one-shot runs of Omniglot (Lake et al. 2015): twenty drawings, each to be found among twenty by another hand.</summary>
internal static class Runs
{
    /// <summary>The share of drawings that are not found by a trunk that has learnt by prototypes.</summary>
    public static double ErrorRate(ImageClassifier trunk, string path)
    {
        using var archive = ZipFile.OpenRead(path);
        int wrong = 0, asked = 0;
        foreach (var list in archive.Entries.Where(static entry => entry.Name == "class_labels.txt").OrderBy(static entry => entry.FullName, StringComparer.Ordinal))
        {
            using var reader = new StreamReader(list.Open());
            string[][] pairs = [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Trim().Split(' '))];
            var shots = new FewShotClassifier(trunk, FewShotMetric.Euclidean);
            foreach (string training in pairs.Select(static pair => pair[1])) shots.Learn(training, Drawings(training));
            var answers = shots.Predict(Drawings([.. pairs.Select(static pair => pair[0])]));
            wrong += answers.Zip(pairs).Count(static one => one.First.Prediction.Label != one.Second[1]);
            asked += pairs.Length;
        }
        return (double)wrong / asked;

        InMemoryImages Drawings(params string[] names) => new("runs", [.. names.Select(name => Characters.Decode(archive.GetEntry(name)!))]);
    }
}
