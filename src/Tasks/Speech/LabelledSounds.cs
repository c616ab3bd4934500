using Graft.Audio;
using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Sounds of classes: a folder with a sub-folder of wave files for each class, or a program's own.</summary>
public sealed class LabelledSounds
{
    private readonly SoundList sounds;
    private readonly int[] chosen;
    private readonly int[] labels;

    private LabelledSounds(string source, IReadOnlyList<string> classNames, SoundList sounds, int[] chosen, int[] labels) =>
        (Source, ClassNames, this.sounds, this.chosen, this.labels) = (source, classNames, sounds, chosen, labels);

    /// <summary>Takes sounds.</summary>
    /// <param name="source">What they are called in messages.</param>
    /// <param name="classNames">The classes' names.</param>
    /// <param name="sounds">The sounds.</param>
    /// <param name="labels">The class of each sound, an index of the names.</param>
    /// <exception cref="ArgumentException">There are not as many labels as sounds, or one is no class.</exception>
    public LabelledSounds(string source, IReadOnlyList<string> classNames, IReadOnlyList<Waveform> sounds, IReadOnlyList<int> labels)
        : this(source, classNames, new SoundList(sounds, source), [.. Enumerable.Range(0, sounds?.Count ?? 0)], [.. labels ?? []])
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentNullException.ThrowIfNull(classNames);
        if (this.labels.Length != chosen.Length) throw new ArgumentException($"{this.labels.Length} labels are not one for each of {chosen.Length} sounds");
        if (Array.Exists(this.labels, label => label < 0 || label >= classNames.Count)) throw new ArgumentException($"a label is none of the {classNames.Count} classes");
    }

    /// <summary>The folder, or what the sounds were called.</summary>
    public string Source { get; }

    /// <summary>The classes' names, in index order.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>How many sounds there are.</summary>
    public int Count => chosen.Length;

    /// <summary>Lists a folder with a sub-folder for each class, in which its wave files lie; no sound is read yet.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="AudioException">There is no such folder, it has no class folders, or there is no sound of a class.</exception>
    public static LabelledSounds Open(string folder)
    {
        SoundFiles.RequireFolder(folder);
        string[] classes = ImageFolder.Classes(folder);
        if (classes.Length == 0) throw new AudioException(folder, "has no sub-folders; there has to be one for each class, with its wave files");
        var files = new List<string>();
        var labels = new List<int>();
        for (int label = 0; label < classes.Length; label++)
        {
            string[] found = SoundFiles.Within(Path.Combine(folder, classes[label]));
            if (found.Length == 0) throw new AudioException(Path.Combine(folder, classes[label]), "holds no wave file (.wav): add some or remove the folder");
            files.AddRange(found);
            labels.AddRange(Enumerable.Repeat(label, found.Length));
        }
        return new LabelledSounds(folder, classes, new SoundList(files), [.. Enumerable.Range(0, files.Count)], [.. labels]);
    }

    /// <summary>The class of a sound.</summary>
    /// <param name="index">From 0.</param>
    public int Label(int index) => labels[chosen[index]];

    /// <summary>The file of a sound, or what it is called.</summary>
    /// <param name="index">From 0.</param>
    public string Name(int index) => sounds.Name(chosen[index]);

    /// <summary>Splits the sounds in two, the same share of each class; which goes where depends on the seed and the order alone.</summary>
    /// <param name="fraction">The share of the second part, in (0, 1).</param>
    /// <param name="seed">The seed of the draw.</param>
    public (LabelledSounds Training, LabelledSounds Validation) Split(double fraction, ulong seed)
    {
        var heldOut = StratifiedDraw.HeldOut([.. Enumerable.Range(0, Count).Select(Label)], fraction, seed);
        return (Where(index => !heldOut.Contains(index)), Where(heldOut.Contains));
    }

    internal float[] Samples(int index, int rate) => sounds.Samples(chosen[index], rate);

    /// <summary>The sounds with another's class indices, by name.</summary>
    /// <exception cref="AudioException">They have a class that is none of the names.</exception>
    internal LabelledSounds Match(IReadOnlyList<string> names, out string? note)
    {
        note = null;
        if (names.SequenceEqual(ClassNames)) return this;
        var known = names.ToList();
        int[] numbers = new int[ClassNames.Count];
        for (int label = 0; label < numbers.Length; label++)
        {
            numbers[label] = known.IndexOf(ClassNames[label]);
            if (numbers[label] >= 0) continue;
            if (!ClassNumbers.AreUnnamed(names) || known.Count != ClassNames.Count)
            {
                string name = ClassNames[label];
                throw new AudioException(Source, $"the model does not know the class '{Printable.Text(name)}'; it knows {Printable.Some(names, 20)}{NearName.Hint(name, names)}");
            }
            note = "the names of the model's classes are not known, so the folder's were taken in order";
            numbers = [.. Enumerable.Range(0, numbers.Length)];
            break;
        }
        return new LabelledSounds(Source, names, sounds, chosen, Array.ConvertAll(labels, label => numbers[label]));
    }

    private LabelledSounds Where(Func<int, bool> isWanted) =>
        new(Source, ClassNames, sounds, [.. chosen.Where((_, index) => isWanted(index))], labels);
}
