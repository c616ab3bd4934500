using System.Globalization;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Takes the state of a training: numbers, texts and tensors by name.</summary>
public sealed class StateWriter
{
    private readonly string prefix;
    private readonly List<TensorEntry> tensors;
    private readonly Dictionary<string, string> values;

    internal StateWriter() : this("", [], new Dictionary<string, string>(StringComparer.Ordinal))
    {
    }

    private StateWriter(string prefix, List<TensorEntry> tensors, Dictionary<string, string> values) =>
        (this.prefix, this.tensors, this.values) = (prefix, tensors, values);

    internal IReadOnlyList<TensorEntry> Tensors => tensors;

    internal IReadOnlyDictionary<string, string> Values => values;

    /// <summary>A number, bit for bit but for what a NaN carries.</summary>
    public void Number(string name, double value) => Text(name, value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>A whole number.</summary>
    public void WholeNumber(string name, long value) => Text(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A text.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void Text(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        if (!values.TryAdd(prefix + name, value)) throw new ArgumentException($"the state has two values called '{prefix}{name}': give each a name of its own", nameof(name));
    }

    /// <summary>Numbers in order, bit for bit.</summary>
    public void Numbers(string name, IEnumerable<double> numbers)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        long[] bits = [.. numbers.Select(BitConverter.DoubleToInt64Bits)];
        tensors.Add(TensorEntry.From(prefix + name, [bits.Length], bits));
    }

    /// <summary>A tensor; its values are asked for before the training goes on.</summary>
    public void Tensor(string name, Tensor<float> tensor)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        tensors.Add(TensorEntry.From(prefix + name, tensor));
    }

    /// <summary>A part of the state whose names are its own.</summary>
    /// <param name="part">Its name.</param>
    public StateWriter Within(string part)
    {
        ArgumentException.ThrowIfNullOrEmpty(part);
        return new StateWriter($"{prefix}{part}/", tensors, values);
    }

    internal void Add(IEnumerable<TensorEntry> more) => tensors.AddRange(more);
}
