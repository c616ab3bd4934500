using System.Collections.Immutable;
using System.Text.Json;

namespace Graft.Tasks;

/// <summary>How near an example is to a class.</summary>
public enum FewShotMetric
{
    /// <summary>The cosine of their features, times ten (nearest centroid of normalised features: SimpleShot, Wang et al. 2019; baseline++, Chen et al. 2019): for trunks that
    /// learnt by cross-entropy.</summary>
    Cosine,

    /// <summary>Minus the squared distance of their features (Snell et al. 2017): for trunks that learnt so.</summary>
    Euclidean,
}

/// <summary>Learns classes from one to a few pictures each while a program runs, without any training: a class is the mean of its pictures' features, and a picture belongs
/// to the nearest.</summary>
/// <remarks>Any number of threads may ask and teach it at once; each answer is by the classes of one moment.</remarks>
/// <example><code>
/// using var trunk = ImageClassifier.FromPretrained("resnet18", "resnet18.pth");
/// var shots = new FewShotClassifier(trunk);
/// shots.Learn("ant", ["ant1.jpg", "ant2.jpg"]);
/// shots.Learn("bee", ["bee1.jpg"]);
/// Console.WriteLine(shots.Predict("insect.jpg").Label);
/// </code></example>
public sealed class FewShotClassifier
{
    private const double CosineScale = 10;
    private const string Means = "means", Counts = "counts", NamesKey = "classes", MetricKey = "metric", ModelKey = "model";

    private readonly ImageClassifier trunk;
    private ImmutableSortedDictionary<string, (float[] Mean, int Count)> classes = ImmutableSortedDictionary<string, (float[], int)>.Empty.WithComparers(StringComparer.Ordinal);

    /// <summary>Begins without classes.</summary>
    /// <param name="trunk">What makes features of pictures; it stays the caller's, and need not have a head.</param>
    /// <param name="metric">How near a picture is to a class.</param>
    public FewShotClassifier(ImageClassifier trunk, FewShotMetric metric = FewShotMetric.Cosine)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        if (!Enum.IsDefined(metric)) throw new ArgumentOutOfRangeException(nameof(metric), metric, "there is no such metric");
        (this.trunk, Metric) = (trunk, metric);
    }

    /// <summary>How near a picture is to a class.</summary>
    public FewShotMetric Metric { get; }

    /// <summary>The names of the classes, sorted.</summary>
    public IReadOnlyList<string> ClassNames => [.. classes.Keys];

    /// <summary>How many pictures a class was learnt from.</summary>
    /// <param name="name">The class.</param>
    /// <exception cref="KeyNotFoundException">There is no such class.</exception>
    public int ExamplesOf(string name) => classes[name].Count;

    /// <summary>Learns a class, or more about one that is known.</summary>
    /// <param name="name">The class.</param>
    /// <param name="files">Pictures of it.</param>
    /// <param name="cancellation">Ends the work; nothing was learnt.</param>
    /// <exception cref="ImageException">A picture cannot be decoded; nothing was learnt.</exception>
    /// <exception cref="ArgumentException">There is no picture.</exception>
    public void Learn(string name, IReadOnlyList<string> files, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        Learn(name, new ImageFiles(files), cancellation);
    }

    /// <summary>Learns a class, or more about one that is known.</summary>
    /// <param name="name">The class.</param>
    /// <param name="pictures">Pictures of it.</param>
    /// <param name="cancellation">Ends the work; nothing was learnt.</param>
    /// <exception cref="ImageException">A picture cannot be decoded; nothing was learnt.</exception>
    /// <exception cref="ArgumentException">There is no picture.</exception>
    public void Learn(string name, IImageDataset pictures, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(pictures);
        if (pictures.Count == 0) throw new ArgumentException($"the class '{name}' has no picture to be learnt from", nameof(pictures));
        float[][] rows = [.. trunk.Features(pictures, null, cancellation).Select(answer => Prepared(answer.Row))];
        ImmutableInterlocked.Update(ref classes, static (known, added) =>
        {
            var (mean, count) = known.TryGetValue(added.name, out var before) ? before : (new float[added.rows[0].Length], 0);
            int all = count + added.rows.Length;
            var moved = new float[mean.Length];
            for (int i = 0; i < moved.Length; i++) moved[i] = (float)(((double)mean[i] * count + added.rows.Sum(row => (double)row[i])) / all);
            return known.SetItem(added.name, (moved, all));
        }, (name, rows));
    }

    /// <summary>Forgets a class.</summary>
    /// <param name="name">The class.</param>
    /// <returns>Whether it was known.</returns>
    public bool Forget(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return ImmutableInterlocked.Update(ref classes, static (known, forgotten) => known.Remove(forgotten), name);
    }

    /// <summary>The prediction for a picture.</summary>
    /// <param name="file">The picture.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">The picture cannot be decoded.</exception>
    /// <exception cref="InvalidOperationException">No class has been learnt.</exception>
    public Prediction Predict(string file, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        return Predict(new ImageFiles([file]), null, cancellation).Single().Prediction;
    }

    /// <summary>The predictions for pictures, in their order, with their indices.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="unreadable">Reports each that cannot be read and is left out; null to end there.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">A picture cannot be decoded and <paramref name="unreadable"/> is null.</exception>
    /// <exception cref="InvalidOperationException">No class has been learnt.</exception>
    public IEnumerable<(int Index, Prediction Prediction)> Predict(IImageDataset pictures, Action<int, ImageException>? unreadable = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        var known = classes;
        if (known.IsEmpty) throw new InvalidOperationException("no class has been learnt: show some pictures first");
        var centres = known.Select(one => (one.Key, Centre: Metric == FewShotMetric.Cosine ? Normalised(one.Value.Mean) : one.Value.Mean)).ToList();
        return trunk.Features(pictures, unreadable, cancellation).Select(answer => (answer.Index, Answer(pictures.Name(answer.Index), Prepared(answer.Row), centres)));
    }

    /// <summary>Saves the classes, without the trunk, as a safetensors file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be written; an older one is as it was.</exception>
    public void Save(string path)
    {
        var known = classes;
        int width = known.IsEmpty ? 0 : known.First().Value.Mean.Length;
        SafetensorsWriter.Write(
            path,
            [
                TensorEntry.From(Means, [known.Count, width], known.SelectMany(static one => one.Value.Mean).ToArray()),
                TensorEntry.From(Counts, [known.Count], known.Select(static one => (long)one.Value.Count).ToArray()),
            ],
            new Dictionary<string, string>
            {
                [NamesKey] = JsonSerializer.Serialize(known.Keys.ToArray(), FewShotNames.Default.StringArray),
                [MetricKey] = Metric == FewShotMetric.Cosine ? "cosine" : "euclidean",
                [ModelKey] = trunk.Model.Name,
            });
    }

    /// <summary>Reads the classes that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <param name="trunk">What made the features; another one's say nothing.</param>
    /// <exception cref="CheckpointException">The file cannot be read, or is of another architecture's features.</exception>
    public static FewShotClassifier Load(string path, ImageClassifier trunk)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        using var file = Checkpoint.Open(path);
        if (!file.TryGet(Means, out var means) || !file.TryGet(Counts, out var counts) || !file.Metadata.TryGetValue(NamesKey, out string? listed)
            || !file.Metadata.TryGetValue(MetricKey, out string? metric) || Names(listed) is not { } names
            || means.Shape.Rank != 2 || means.Shape[0] != names.Length || counts.Shape.ElementCount != names.Length || metric is not ("cosine" or "euclidean"))
            throw new CheckpointException(path, "holds no classes of a few-shot classifier");
        if (file.Metadata.GetValueOrDefault(ModelKey) is { } model && model != trunk.Model.Name)
            throw new CheckpointException(path, $"has classes by the features of {Printable.Text(model)}, and this is {trunk.Model.Name}: give the trunk that they were learnt with");
        float[] values = means.ToSingleArray();
        long[] numbers = counts.ToInt64Array();
        int width = means.Shape[1];
        return new FewShotClassifier(trunk, metric == "cosine" ? FewShotMetric.Cosine : FewShotMetric.Euclidean)
        {
            classes = names.Index().ToImmutableSortedDictionary(
                static name => name.Item, name => (values[(name.Index * width)..((name.Index + 1) * width)], (int)numbers[name.Index]), StringComparer.Ordinal),
        };
    }

    private static string[]? Names(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, FewShotNames.Default.StringArray) is { } names && names.Distinct().Count() == names.Length ? names : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static float[] Normalised(float[] row)
    {
        double norm = Math.Sqrt(row.Sum(static value => (double)value * value));
        return norm == 0 ? row : [.. row.Select(value => (float)(value / norm))];
    }

    private float[] Prepared(float[] row) => Metric == FewShotMetric.Cosine ? Normalised(row) : row;

    private Prediction Answer(string name, float[] row, List<(string Name, float[] Centre)> centres)
    {
        var scores = new float[centres.Count];
        for (int number = 0; number < scores.Length; number++)
        {
            float[] centre = centres[number].Centre;
            double sum = 0;
            for (int i = 0; i < row.Length; i++) sum += Metric == FewShotMetric.Cosine ? row[i] * centre[i] : -Math.Pow(row[i] - centre[i], 2);
            scores[number] = (float)(Metric == FewShotMetric.Cosine ? sum * CosineScale : sum);
        }
        double[] logarithms = ImageInference.LogSoftmax(scores);
        return new Prediction(name, [.. logarithms.Select((value, number) => new ClassProbability(centres[number].Name, Math.Exp(value))).OrderByDescending(static one => one.Probability)]);
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string[]))]
internal sealed partial class FewShotNames : System.Text.Json.Serialization.JsonSerializerContext;
