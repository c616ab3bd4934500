namespace Graft.Tasks;

/// <summary>Maps the classes of a dataset to a model's: by name, or by index where the model's classes have no names.</summary>
internal static class ClassNumbers
{
    private const int Named = 20, NamedUnknown = 5;
    private const string OfImageNet = "resnet18";

    /// <summary>Whether a model's classes have no names.</summary>
    public static bool AreUnnamed(IReadOnlyList<string> names) => names.Index().All(static name => name.Item == PretrainedInfo.Unnamed(name.Index));

    /// <summary>The pictures with a model's class indices.</summary>
    /// <param name="pictures">The pictures with classes of their own.</param>
    /// <param name="names">The model's classes, in index order.</param>
    /// <param name="note">How they were matched, where it was not by name; otherwise null.</param>
    /// <exception cref="ImageException">They have a class that the model does not know.</exception>
    public static LabelledImages Match(LabelledImages pictures, IReadOnlyList<string> names, out string? note)
    {
        note = null;
        IReadOnlyList<string> own = pictures.ClassNames, present = pictures.PresentClasses;
        if (pictures.ClassesAreNumbers)
        {
            if (own.Count > names.Count)
                throw new ImageException(pictures.Root, $"has labels up to {own.Count - 1}, and the model has {names.Count} classes, 0 to {names.Count - 1}");
            note = "the labels were taken for the numbers of the model's classes";
            return pictures.WithNamesInOrder(names, presentOnly: false);
        }
        if (own.Count == names.Count && AreWordNetIds(own) && names.SequenceEqual(ModelRegistry.Pretrained(OfImageNet).ClassNames!))
        {
            note = "the folders' names are WordNet's ids, whose order is that of the model's classes";
            return pictures.WithNamesInOrder(names, presentOnly: false);
        }
        if (!AreUnnamed(names) || present.All(names.Contains)) return pictures.WithClasses(names);
        bool presentOnly = own.Count != names.Count && present.Count == names.Count;
        if (presentOnly) own = present;
        if (own.Count != names.Count)
            throw new ImageException(pictures.Root, $"has {own.Count} classes and the model {names.Count}, whose names are not known (LABEL_0, LABEL_1 ...); "
                + "without names they can only be matched by order, one to one");
        note = "the names of the model's classes are not known, so the folder's were taken in order: "
            + string.Join(", ", own.Take(3).Index().Select(static name => $"{Printable.Text(name.Item)} is class {name.Index}")) + (own.Count > 3 ? " ..." : "");
        return pictures.WithNamesInOrder(names, presentOnly);
    }

    /// <summary>Each class's index in another list of names.</summary>
    /// <exception cref="ImageException">One is not in it; the message gives the nearest that is.</exception>
    public static int[] ByName(string root, IReadOnlyList<string> classNames, IReadOnlyList<string> known)
    {
        var numberOf = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int label = 0; label < known.Count; label++) numberOf.TryAdd(known[label], label);
        var unknown = classNames.Where(name => !numberOf.ContainsKey(name)).ToList();
        if (unknown.Count == 0) return [.. classNames.Select(name => numberOf[name])];

        string list = string.Join(", ", unknown.Take(NamedUnknown).Select(name => Described(name, known)))
            + (unknown.Count > NamedUnknown ? $" and {unknown.Count - NamedUnknown} more" : "");
        throw new ImageException(root, $"the model does not know the {(unknown.Count == 1 ? "class" : "classes")} {list}; it knows "
            + Printable.Some(known, Named));
    }

    /// <summary>Whether names are those of ImageNet's folders, <c>n01440764</c>, whose order is that of its classes.</summary>
    private static bool AreWordNetIds(IReadOnlyList<string> names) =>
        names.All(static name => name.Length == 9 && name[0] == 'n' && !name.AsSpan(1).ContainsAnyExceptInRange('0', '9'));

    private static string Described(string name, IReadOnlyList<string> known)
    {
        string shown = $"'{Printable.Text(name)}'";
        if (NearName.Find(name, known) is not { } near) return shown;
        return NearName.LooksTheSame(name, near)
            ? $"{shown} (the nearest is '{Printable.Text(near)}', in another form of Unicode or with other spaces: rename the folder)"
            : $"{shown} (the nearest is '{Printable.Text(near)}')";
    }
}
