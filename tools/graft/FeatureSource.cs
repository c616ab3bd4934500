using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary>The pictures whose features are computed, with their classes where they have any.</summary>
/// <param name="Images">The pictures.</param>
/// <param name="Labelled">The pictures with their classes; null where there are none.</param>
/// <param name="Notes">What the listing had to say.</param>
internal sealed record FeatureSource(IImageDataset Images, LabelledImages? Labelled, ListingNotes Notes)
{
    /// <summary>The classes' names in index order; null where there are none.</summary>
    public IReadOnlyList<string>? ClassNames => Labelled?.ClassNames;

    /// <summary>One folder whose pictures are in sub-folders is labelled by them, and one archive by its labels; anything else is a list of
    /// pictures.</summary>
    public static FeatureSource Of(IReadOnlyList<string> paths, string? split)
    {
        if (paths is [var single] && IsLabelled(single))
        {
            var pictures = LabelledImages.Open(single, DataUse.Evaluation, split);
            return new FeatureSource(pictures, pictures, pictures.Notes);
        }
        var notes = new ListingNotes();
        return new FeatureSource(Pictures.List(paths, split, notes), null, notes);
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
            ["paths"] = JsonOutput.Array(rows.Select(row => Images.Name(row.Index))),
        };
        if (Labelled is not null)
        {
            tensors.Add(TensorEntry.From("labels", [rows.Count], rows.Select(row => (long)Labelled.Label(row.Index)).ToArray()));
            metadata["classNames"] = JsonOutput.Array(Labelled.ClassNames);
        }
        SafetensorsWriter.Write(file, tensors, metadata, interrupt);
    }

    private static bool IsLabelled(string path)
    {
        if (!Directory.Exists(path)) return LabelledData.IsArchive(path) && File.Exists(path) && LabelledData.HasLabels(path);
        return !Directory.EnumerateFiles(path).Any(ImageFileNames.IsPicture) && ImageFolder.Classes(path).Length > 0;
    }
}
