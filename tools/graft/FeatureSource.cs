using Graft.Models;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary>The pictures that features are wanted of, with their classes where they have any.</summary>
/// <param name="Files">The pictures.</param>
/// <param name="Labels">Each picture's class number; null where there are no classes.</param>
/// <param name="ClassNames">The classes' names by number; null where there are none.</param>
internal sealed record FeatureSource(IReadOnlyList<string> Files, IReadOnlyList<int>? Labels, IReadOnlyList<string>? ClassNames)
{
    /// <summary>One folder whose pictures lie in sub-folders is labelled by them; anything else is a list of pictures.</summary>
    public static FeatureSource Of(IReadOnlyList<string> paths)
    {
        if (paths is [var folder] && Directory.Exists(folder) && !HasPicturesOfItsOwn(folder) && Directory.EnumerateDirectories(folder).Any())
        {
            var pictures = ImageFolder.Open(folder);
            return new FeatureSource([.. pictures.Items.Select(item => item.Path)], [.. pictures.Items.Select(item => item.Label)], pictures.ClassNames);
        }
        return new FeatureSource(Pictures.List(paths), null, null);
    }

    /// <summary>Writes the rows of the pictures that could be used, and which ones they are.</summary>
    public void Write(string file, ModelChoice choice, ImageClassifier classifier, List<(int Index, float[] Row)> rows, CancellationToken interrupt)
    {
        int width = rows[0].Row.Length;
        if ((long)rows.Count * width > Array.MaxLength) throw new WorkFailedException($"{rows.Count} rows of {width} are more than one file takes: give fewer pictures at a time");
        var features = new float[rows.Count * width];
        for (int row = 0; row < rows.Count; row++) rows[row].Row.CopyTo(features.AsSpan(row * width));
        var tensors = new List<TensorEntry> { TensorEntry.From("features", [rows.Count, width], features) };
        var metadata = new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["model"] = classifier.Model.Name,
            ["weights"] = choice.Weights ?? choice.Name,
            ["paths"] = JsonOutput.Array(rows.Select(row => Files[row.Index])),
        };
        if (Labels is not null && ClassNames is not null)
        {
            tensors.Add(TensorEntry.From("labels", [rows.Count], rows.Select(row => (long)Labels[row.Index]).ToArray()));
            metadata["classNames"] = JsonOutput.Array(ClassNames);
        }
        SafetensorsWriter.Write(file, tensors, metadata, interrupt);
    }

    private static bool HasPicturesOfItsOwn(string folder) =>
        ImageFolder.Pictures(folder).Any(path => Path.GetDirectoryName(Path.GetFullPath(path)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
}
