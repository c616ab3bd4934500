using System.Globalization;

namespace Graft.Text;

/// <summary>Reads the labels of rows; the classes are sorted when all are known.</summary>
internal sealed class TextLabelReader(TextColumns columns)
{
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private readonly List<int[]> classes = [];
    private readonly List<float> values = [];

    public void Add(TextRow row)
    {
        string label = row[columns.Label].Trim();
        if (label.Length == 0 && columns.Kind != TextLabelKind.MultiLabel) throw row.Fail("is empty: give each row a label, or leave the row out", columns.Label);
        switch (columns.Kind)
        {
            case TextLabelKind.SingleLabel:
                classes.Add([NumberOf(label)]);
                break;
            case TextLabelKind.MultiLabel:
                var names = label.Split(columns.ClassSeparator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                classes.Add([.. names.Distinct(StringComparer.Ordinal).Select(NumberOf)]);
                break;
            case TextLabelKind.Regression:
                if (!float.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) || !float.IsFinite(value))
                    throw row.Fail($"'{Printable.Text(label)}' is no finite number: write it with a point, as 3.5", columns.Label);
                values.Add(value);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(row), columns.Kind, "is no kind of labels");
        }
    }

    public TextLabelSet ToSet()
    {
        if (columns.Kind == TextLabelKind.Regression) return TextLabelSet.Numbers([.. values]);
        string[] names = [.. numbers.Keys.Order(StringComparer.Ordinal)];
        var sorted = new int[names.Length];
        for (int at = 0; at < names.Length; at++) sorted[numbers[names[at]]] = at;
        return new TextLabelSet(columns.Kind, names, [.. classes], values: null).With(names, sorted);
    }

    private int NumberOf(string name)
    {
        if (!numbers.TryGetValue(name, out int number)) numbers.Add(name, number = numbers.Count);
        return number;
    }
}
