using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Pictures with their classes and the classes' names: a folder's, an archive's, a program's own, or a part of them.</summary>
public sealed class LabelledImages : IImageDataset
{
    private readonly IImageDataset images;
    private readonly int[] places;
    private readonly int[] labels;

    /// <summary>Takes pictures and the class of each.</summary>
    /// <param name="root">The dataset's name in messages: a folder, an archive, a table.</param>
    /// <param name="classNames">The classes' names in index order.</param>
    /// <param name="images">The pictures.</param>
    /// <param name="labels">Each picture's class index.</param>
    /// <exception cref="ArgumentException">There are not as many labels as pictures, or one is no class index.</exception>
    public LabelledImages(string root, IReadOnlyList<string> classNames, IImageDataset images, IReadOnlyList<int> labels)
        : this(root, classNames, images, labels, new ListingNotes())
    {
    }

    /// <param name="root">The dataset's name in messages.</param>
    /// <param name="classNames">The classes' names in index order.</param>
    /// <param name="images">The pictures.</param>
    /// <param name="labels">Each picture's class index.</param>
    /// <param name="notes">Notes of the listing.</param>
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

    /// <summary>Opens labelled pictures: a folder with a sub-folder a class, or a NumPy archive (<c>.npz</c>). No picture is decoded yet.</summary>
    /// <param name="path">The folder or the archive.</param>
    /// <param name="use">What they are for: what is learnt has pictures of every class.</param>
    /// <param name="split">The part of an archive: train, val or test; null for the use's own or an archive without parts.</param>
    /// <param name="classNames">An archive's classes, in index order; null where they are not known.</param>
    /// <exception cref="ImageException">The folder or archive cannot be used.</exception>
    public static LabelledImages Open(string path, DataUse use = DataUse.Evaluation, string? split = null, IReadOnlyList<string>? classNames = null) =>
        LabelledData.Open(path, use, split, classNames);

    /// <summary>Opens the pictures of a fine-tuning: the training and the validation set.</summary>
    /// <param name="path">A folder with a sub-folder a class, or an archive.</param>
    /// <param name="options">What is held out, or where else the pictures to evaluate on are.</param>
    /// <param name="split">The part of an archive; null for the one to train on.</param>
    /// <param name="classNames">An archive's classes; null where they are not known.</param>
    /// <exception cref="ImageException">A folder or an archive cannot be used.</exception>
    public static (LabelledImages Training, LabelledImages? Validation) OpenForTraining(
        string path, ImageFineTuneOptions options, string? split = null, IReadOnlyList<string>? classNames = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var pictures = Open(path, DataUse.Training, split, classNames);
        if (options.Validation is { } other)
        {
            var validation = Open(other, DataUse.Validation, classNames: LabelledData.IsArchive(other) ? classNames : null);
            return (pictures, ClassNumbers.Match(validation, pictures.ClassNames, out _));
        }
        if (options.HeldOut == 0) return (pictures, null);
        return pictures.Split(options.HeldOut, options.Recipe.Seed);
    }

    /// <summary>The folder that holds the classes, or the archive.</summary>
    public string Root { get; }

    /// <summary>The classes' names in index order.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Whether the classes have indices but no names.</summary>
    public bool ClassesAreNumbers { get; internal init; }

    /// <summary>Notes of the listing: skipped files, empty classes.</summary>
    public ListingNotes Notes { get; }

    /// <inheritdoc/>
    public int Count => places.Length;

    /// <summary>Every picture's name and class index.</summary>
    internal IReadOnlyList<(string Path, int Label)> Items => [.. Enumerable.Range(0, Count).Select(index => (Name(index), Label(index)))];

    /// <summary>The picture's class index.</summary>
    /// <param name="index">The picture's index, from 0.</param>
    public int Label(int index) => labels[index];

    /// <inheritdoc/>
    public string Name(int index) => images.Name(places[index]);

    /// <inheritdoc/>
    public RgbImage Load(int index) => images.Load(places[index]);

    /// <inheritdoc/>
    public void AddTo(DataFingerprint print, int index)
    {
        ArgumentNullException.ThrowIfNull(print);
        images.AddTo(print, places[index]);
        print.Add(labels[index]);
    }

    /// <summary>Splits the pictures in two, stratified by class; which picture goes where depends on the seed, the class and the picture's
    /// position in it alone. Each part keeps the order of the whole and all class names.</summary>
    /// <param name="fraction">The share of the second part, in (0, 1). Every class with two pictures or more has at least one in
    /// each part; a class of one picture trains.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside (0, 1).</exception>
    public (LabelledImages Train, LabelledImages Validation) Split(double fraction, ulong seed)
    {
        var heldOut = StratifiedDraw.HeldOut(labels, fraction, seed);
        return (Where(index => !heldOut.Contains(index)), Where(heldOut.Contains));
    }

    /// <summary>Splits the classes in two, drawn by a seed: what is to be learnt of a few pictures of classes that were never seen is tested by the second part. Each part keeps the
    /// order of the whole and has its own classes alone.</summary>
    /// <param name="heldOut">How many classes the second part has.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is not above 0, or leaves no class to learn from.</exception>
    public (LabelledImages Train, LabelledImages HeldOut) SplitClasses(int heldOut, ulong seed)
    {
        int[] present = [.. labels.Distinct().Order()];
        if (heldOut < 1 || heldOut >= present.Length)
            throw new ArgumentOutOfRangeException(nameof(heldOut), heldOut, $"of {present.Length} classes with pictures 1 to {present.Length - 1} can be held out");
        var held = new RandomStream(seed, "held out classes").Permutation(present.Length, 0)[..heldOut].Select(place => present[place]).ToHashSet();
        return (Of(label => !held.Contains(label)), Of(held.Contains));

        LabelledImages Of(Func<int, bool> isWanted)
        {
            int[] classes = [.. present.Where(isWanted)];
            return Where(index => isWanted(labels[index])).Renumbered([.. classes.Select(label => ClassNames[label])], [.. Enumerable.Range(0, classes.Length)]);
        }
    }

    /// <summary>As many pictures of each class, drawn by a seed, or all where a class has fewer; in their order.</summary>
    /// <param name="count">How many of each class.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is not positive.</exception>
    public LabelledImages OfEachClass(int count, ulong seed) => Where(StratifiedDraw.Each(labels, count, seed).Contains);

    /// <summary>The pictures of one class.</summary>
    /// <param name="label">The class index.</param>
    public LabelledImages Of(int label) => Where(index => labels[index] == label);

    /// <summary>The pictures without some of them.</summary>
    /// <param name="indices">Their indices.</param>
    public LabelledImages Without(ICollection<int> indices) => indices.Count == 0 ? this : Where(index => !indices.Contains(index));

    /// <summary>The pictures without those that cannot be read.</summary>
    /// <param name="unreadable">Those, by index.</param>
    /// <param name="everyClass">Whether something has to be left of every class, because it could not be learnt otherwise.</param>
    /// <exception cref="ImageException">Nothing is left, or nothing of a class.</exception>
    public LabelledImages Without(SortedList<int, ImageException> unreadable, bool everyClass) => PictureCheck.Rest(this, unreadable, everyClass);

    /// <summary>The names of the classes that have pictures, in index order.</summary>
    internal IReadOnlyList<string> PresentClasses => [.. labels.Distinct().Order().Select(label => ClassNames[label])];

    /// <summary>The same pictures with the indices of another list of classes, a trained model's: a folder may lack some of them, and what an
    /// empty class is called does not matter.</summary>
    /// <param name="names">The classes' names in index order.</param>
    /// <exception cref="ImageException">There are pictures of a class that is not in the list.</exception>
    internal LabelledImages WithClasses(IReadOnlyList<string> names) => Renumbered(names, ClassNumbers.ByName(Root, PresentClasses, names));

    /// <summary>The same pictures under other names: class 0 is the first, whatever it was called.</summary>
    /// <param name="names">The names, in index order.</param>
    /// <param name="presentOnly">Whether the classes without pictures do not count.</param>
    internal LabelledImages WithNamesInOrder(IReadOnlyList<string> names, bool presentOnly) =>
        Renumbered(names, presentOnly ? [.. Enumerable.Range(0, PresentClasses.Count)] : [.. labels.Distinct().Order()]);

    /// <param name="names">The new names.</param>
    /// <param name="numbers">The new indices of the classes that there are pictures of.</param>
    private LabelledImages Renumbered(IReadOnlyList<string> names, int[] numbers)
    {
        var numberOf = labels.Distinct().Order().Zip(numbers).ToDictionary(pair => pair.First, pair => pair.Second);
        return new LabelledImages(Root, names, images, places, [.. labels.Select(label => numberOf[label])], Notes);
    }

    /// <summary>The pictures that are wanted, in their order.</summary>
    internal LabelledImages Where(Func<int, bool> isWanted)
    {
        int[] kept = [.. Enumerable.Range(0, Count).Where(isWanted)];
        return new LabelledImages(Root, ClassNames, images, [.. kept.Select(index => places[index])], [.. kept.Select(index => labels[index])], Notes)
        {
            ClassesAreNumbers = ClassesAreNumbers,
        };
    }
}
