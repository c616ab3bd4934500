namespace Graft.Tasks;

/// <summary>What is known of the published weights of an architecture beside the file: how its pictures were prepared and what its
/// classes are called.</summary>
/// <param name="Preprocessing">What was done to the pictures.</param>
/// <param name="ClassNames">The classes' names by number; null where they are not known.</param>
internal sealed record PublishedModel(ImagePreprocessing Preprocessing, IReadOnlyList<string>? ClassNames)
{
    private const string CifarPrefix = "cifar-";

    private static readonly string[] Cifar10 =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    public static PublishedModel Of(string model) => model.StartsWith(CifarPrefix, StringComparison.Ordinal)
        ? new PublishedModel(ImagePreprocessing.Cifar, Cifar10)
        : new PublishedModel(ImagePreprocessing.ImageNet, null);

    /// <summary>Names for as many classes: the published ones, or Hugging Face's LABEL_0, LABEL_1 ... for classes without.</summary>
    public IReadOnlyList<string> NamesOf(int classes) => ClassNames is { } names && names.Count == classes
        ? names
        : [.. Enumerable.Range(0, classes).Select(number => $"LABEL_{number}")];
}
