using System.IO.Compression;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Samples.FewShot;

/// <summary>The twenty one-shot runs of Omniglot (Lake et al. 2015): twenty drawings, each to be found among twenty by another hand.</summary>
internal static class Runs
{
    private const int Ways = 20;

    /// <summary>The share of drawings that are not found.</summary>
    public static double ErrorRate(FourBlocks model, string path, Device device)
    {
        using var archive = ZipFile.OpenRead(path);
        int wrong = 0, asked = 0;
        foreach (var list in archive.Entries.Where(static entry => entry.Name == "class_labels.txt").OrderBy(static entry => entry.FullName, StringComparer.Ordinal))
        {
            using var reader = new StreamReader(list.Open());
            (string Test, string Training)[] pairs = [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Trim().Split(' ')).Select(static pair => (pair[0], pair[1]))];
            string[] training = [.. pairs.Select(static pair => pair.Training).Order(StringComparer.Ordinal)];
            float[][] images = [.. training.Concat(pairs.Select(static pair => pair.Test)).Select(name => Characters.Decode(archive.GetEntry(name)!))];
            using var pass = Pass.Train(device);
            var features = model.Features(FourBlocks.Input(pass, new Characters(images, [], []), [.. Enumerable.Range(0, images.Length)]));
            pass.DiscardDeferred();
            float[] logits = PrototypicalNetwork.Logits(features.Slice(0, Ways, Ways), features.Slice(0, 0, Ways)).Value.ToArray();
            wrong += Ways - Shares.Right(logits, Ways, [.. pairs.Select(pair => Array.IndexOf(training, pair.Training))]);
            asked += Ways;
        }
        return (double)wrong / asked;
    }
}
