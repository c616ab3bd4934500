namespace Graft.Text;

/// <summary>The labels of a number of texts.</summary>
internal sealed class TextLabelSet(TextLabelKind kind, IReadOnlyList<string> classNames, int[][]? classes, float[]? values)
{
    /// <summary>The column's name in complaints about labels that came from no file.</summary>
    public const string LabelName = "label";

    public TextLabelKind Kind => kind;

    public IReadOnlyList<string> ClassNames => classNames;

    public static TextLabelSet Single(string source, IReadOnlyList<string> classNames, int count, IReadOnlyList<int> classes)
    {
        RequireAsMany(source, count, classes.Count);
        foreach (int label in classes)
            if ((uint)label >= (uint)classNames.Count)
                throw new ArgumentException($"{source}: the label {label} is none of the {classNames.Count} classes, 0 to {classNames.Count - 1}");
        return new TextLabelSet(TextLabelKind.SingleLabel, [.. classNames], [.. classes.Select(static label => new[] { label })], values: null);
    }

    public static TextLabelSet Numbers(string source, int count, IReadOnlyList<float> values)
    {
        RequireAsMany(source, count, values.Count);
        return Numbers([.. values]);
    }

    public static TextLabelSet Numbers(float[] values) => new(TextLabelKind.Regression, [], classes: null, values);

    public int Class(int index) => kind == TextLabelKind.SingleLabel ? classes![index][0]
        : throw new InvalidOperationException(kind == TextLabelKind.MultiLabel ? "the texts have any number of classes each" : "the texts have numbers, no classes");

    public IReadOnlyList<int> Classes(int index) => classes is null ? throw new InvalidOperationException("the texts have numbers, no classes") : classes[index];

    public float Value(int index) => values is null ? throw new InvalidOperationException("the texts have classes, no numbers") : values[index];

    /// <summary>What a draw takes shares of: the classes, where each text has one.</summary>
    public int[] Strata() => kind == TextLabelKind.SingleLabel ? Array.ConvertAll(classes!, static label => label[0]) : new int[classes?.Length ?? values!.Length];

    public TextLabelSet At(int[] places) => new(kind, classNames,
        classes is null ? null : Array.ConvertAll(places, place => classes[place]), values is null ? null : Array.ConvertAll(places, place => values[place]));

    /// <summary>The same labels under other names and numbers.</summary>
    /// <param name="names">The new names in index order.</param>
    /// <param name="numbers">The new number of each class.</param>
    public TextLabelSet With(IReadOnlyList<string> names, int[] numbers) => new(kind, [.. names],
        Array.ConvertAll(classes!, labels => labels.Select(label => numbers[label]).Order().ToArray()), values);

    private static void RequireAsMany(string source, int texts, int labels)
    {
        if (texts != labels) throw new ArgumentException($"{source}: {labels} labels do not fit {texts} texts");
    }
}
