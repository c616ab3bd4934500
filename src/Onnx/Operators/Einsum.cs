using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Sums of products in Einstein's notation (NumPy's <c>einsum</c>), as an elementwise product over all letters, summed over those that
/// the result has not.</summary>
internal static class Einsum
{
    private const char More = '\u0001';

    public static Variable Run(string equation, Variable[] operands)
    {
        string text = equation.Replace(" ", "", StringComparison.Ordinal);
        string[] sides = text.Split("->");
        string[] terms = sides[0].Split(',');
        if (terms.Length != operands.Length) throw new ArgumentException($"the equation '{Printable.Text(equation)}' is of {terms.Length} operands, not {operands.Length}");
        int most = 0;
        for (int i = 0; i < terms.Length; i++)
            if (terms[i].Contains("...", StringComparison.Ordinal)) most = Math.Max(most, operands[i].Shape.Rank - (terms[i].Length - 3));
        string dots = new([.. Enumerable.Range(0, most).Select(at => (char)(More + at))]);
        for (int i = 0; i < terms.Length; i++)
        {
            int own = operands[i].Shape.Rank - (terms[i].Length - 3);
            terms[i] = terms[i].Replace("...", terms[i].Contains("...", StringComparison.Ordinal) ? dots[^own..] : "", StringComparison.Ordinal);
        }
        string all = string.Concat(terms);
        string result = sides.Length > 1 ? sides[1].Replace("...", dots, StringComparison.Ordinal)
            : dots + new string([.. all.Where(letter => letter >= 'A' && all.Count(other => other == letter) == 1).Distinct().Order()]);
        string letters = result + new string([.. all.Distinct().Where(letter => !result.Contains(letter, StringComparison.Ordinal))]);
        Variable? product = null;
        for (int i = 0; i < terms.Length; i++)
        {
            var aligned = Aligned(operands[i], terms[i], letters);
            product = product is null ? aligned : product * aligned;
        }
        int[] summed = [.. Enumerable.Range(result.Length, letters.Length - result.Length)];
        return summed.Length == 0 ? product! : product!.Sum(summed);
    }

    /// <summary>An operand with an axis for each letter, in one order; of a letter named twice the diagonal.</summary>
    private static Variable Aligned(Variable x, string term, string letters)
    {
        if (term.Length != x.Shape.Rank) throw new ArgumentException($"'{Printable.Text(term)}' are not the {x.Shape.Rank} axes of {x.Shape}");
        string own = new([.. letters.Where(letter => term.Contains(letter, StringComparison.Ordinal))]);
        int[] dims = x.Shape.ToArray();
        var strides = Dimensions.Strides(dims);
        int[] lengths = [.. own.Select(letter => dims[term.IndexOf(letter, StringComparison.Ordinal)])];
        int[] steps = [.. own.Select(letter => Enumerable.Range(0, term.Length).Where(axis => term[axis] == letter).Sum(axis => strides[axis]))];
        bool isPermutation = own.Length == term.Length;
        var picked = isPermutation
            ? x.Permute([.. own.Select(letter => term.IndexOf(letter, StringComparison.Ordinal))])
            : ((DeviceValue)Selection.Pick(new DeviceValue(x), Dimensions.Places(lengths, steps, 0), lengths)).Variable;
        var left = new Queue<int>(lengths);
        return picked.Reshape(new Shape([.. letters.Select(letter => own.Contains(letter, StringComparison.Ordinal) ? left.Dequeue() : 1)]));
    }
}
