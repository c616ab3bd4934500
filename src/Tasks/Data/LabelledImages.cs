using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Pictures with their classes and the classes' names: a folder's, an archive's, a program's own, or a part of them.</summary>
public sealed class LabelledImages : IImageDataset
{
    private readonly IImageDataset images;
    private readonly int[] places;
    private readonly int[] labels;

    /// <summary>Takes pictures and the class of each.</summary>
    /// <param name="root">What messages call the whole: a folder, an archive, a table.</param>
    /// <param name="classNames">The classes' names, by number.</param>
    /// <param name="images">The pictures.</param>
    /// <param name="labels">Each picture's class number.</param>
    /// <exception cref="ArgumentException">There are not as many labels as pictures, or one is no class's number.</exception>
    public LabelledImages(string root, IReadOnlyList<string> classNames, IImageDataset images, IReadOnlyList<int> labels)
        : this(root, classNames, images, labels, new ListingNotes())
    {
    }

    /// <param name="root">What messages call the whole.</param>
    /// <param name="classNames">The classes' names, by number.</param>
    /// <param name="images">The pictures.</param>
    /// <param name="labels">Each picture's class number.</param>
    /// <param name="notes">What the listing had to say.</param>
    internal LabelledImages(string root, IReadOnlyList<string> classNames, IImageDataset images, IReadOnlyList<int> labels, ListingNotes notes)
        : this(root, classNames, images, [.. Enumerable.Range(0, images.Count)], [.. labels], notes)
    {
        if (images.Count != labels.Count) throw new ArgumentException($"{root}: {labels.Count} labels do not fit {images.Count} pictures");
        if (labels.FirstOrDefault(label => label < 0 || label >= classNames.Count) is not 0 and var wrong)
            throw new ArgumentException($"{root}: the label {wrong} is none of the {classNames.Count} classes, 0 to {classNames.Count - 1}");
    }

    private LabelledImages(string root, IReadOnlyList<string> classNames, IImageDataset images, int[] places, int[] labels, ListingNotes notes)
    {
        Root = root;
        ClassNames = classNames;
        this.images = images;
        this.places = places;
        this.labels = labels;
        Notes = notes;
    }

    /// <summary>The folder that holds the classes, or the archive.</summary>
    public string Root { get; }

    /// <summary>The classes' names, by number.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Whether nothing but numbers is known of the classes.</summary>
    public bool ClassesAreNumbers { get; internal init; }

    /// <summary>What the listing had to say beside the pictures.</summary>
    public ListingNotes Notes { get; }

    /// <inheritdoc/>
    public int Count => places.Length;

    /// <summary>Every picture's name and class number.</summary>
    internal IReadOnlyList<(string Path, int Label)> Items => [.. Enumerable.Range(0, Count).Select(index => (Name(index), Label(index)))];

    /// <summary>The picture's class number.</summary>
    /// <param name="index">The picture's number, from 0.</param>
    public int Label(int index) => labels[index];

    /// <inheritdoc/>
    public string Name(int index) => images.Name(places[index]);

    /// <inheritdoc/>
    public RgbImage Load(int index) => images.Load(places[index]);

    /// <summary>Divides the pictures in two, every class in the same proportion; which picture goes where depends on the seed, the
    /// class and the picture's place in it alone. Each part keeps the order of the whole and all class names.</summary>
    /// <param name="fraction">The share of the second part, in (0, 1). Every class with two pictures or more has at least one in
    /// each part; a class of one picture trains.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction lies outside (0, 1).</exception>
    public (LabelledImages Train, LabelledImages Validation) Split(double fraction, ulong seed)
    {
        if (!(fraction > 0 && fraction < 1))
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "the share of pictures held out lies between 0 and 1");
        var stream = new RandomStream(seed, "split");
        var heldOut = new HashSet<int>();
        foreach (var members in Enumerable.Range(0, Count).GroupBy(Label))
        {
            int[] indices = [.. members];
            int count = indices.Length == 1 ? 0 : Math.Clamp((int)Math.Round(indices.Length * fraction), 1, indices.Length - 1);
            int[] order = stream.Permutation(indices.Length, (ulong)members.Key);
            for (int i = 0; i < count; i++) heldOut.Add(indices[order[i]]);
        }
        return (Where(index => !heldOut.Contains(index)), Where(heldOut.Contains));
    }

    /// <summary>The pictures without some of them.</summary>
    /// <param name="indices">Their numbers.</param>
    public LabelledImages Without(ICollection<int> indices) => indices.Count == 0 ? this : Where(index => !indices.Contains(index));

    /// <summary>The names of the classes that there are pictures of, by number.</summary>
    internal IReadOnlyList<string> PresentClasses => [.. labels.Distinct().Order().Select(label => ClassNames[label])];

    /// <summary>The same pictures numbered by another list of classes, a trained model's: a folder may lack some of them, and what an
    /// empty class is called does not matter.</summary>
    /// <param name="names">The classes' names, by number.</param>
    /// <exception cref="ImageException">There are pictures of a class that is not in the list.</exception>
    internal LabelledImages WithClasses(IReadOnlyList<string> names) => Renumbered(names, ClassNumbers.ByName(Root, PresentClasses, names));

    /// <summary>The same pictures under other names: class 0 is the first, whatever it was called.</summary>
    /// <param name="names">The names, by number.</param>
    /// <param name="presentOnly">Whether the classes without pictures do not count.</param>
    internal LabelledImages WithNamesInOrder(IReadOnlyList<string> names, bool presentOnly) =>
        Renumbered(names, presentOnly ? [.. Enumerable.Range(0, PresentClasses.Count)] : [.. labels.Distinct().Order()]);

    /// <param name="names">The new names.</param>
    /// <param name="numbers">The new numbers of the classes that there are pictures of.</param>
    private LabelledImages Renumbered(IReadOnlyList<string> names, int[] numbers)
    {
        var numberOf = labels.Distinct().Order().Zip(numbers).ToDictionary(pair => pair.First, pair => pair.Second);
        return new LabelledImages(Root, names, images, places, [.. labels.Select(label => numberOf[label])], Notes);
    }

    private LabelledImages Where(Func<int, bool> isWanted)
    {
        int[] kept = [.. Enumerable.Range(0, Count).Where(isWanted)];
        return new LabelledImages(Root, ClassNames, images, [.. kept.Select(index => places[index])], [.. kept.Select(index => labels[index])], Notes)
        {
            ClassesAreNumbers = ClassesAreNumbers,
        };
    }
}
