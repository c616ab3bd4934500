using System.Globalization;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Gives back what a <see cref="StateWriter"/> took.</summary>
public sealed class StateReader
{
    private readonly Checkpoint checkpoint;
    private readonly string prefix;

    internal StateReader(Checkpoint checkpoint, string prefix = "") => (this.checkpoint, this.prefix) = (checkpoint, prefix);

    /// <summary>Whether there is a number, a text or a tensor of that name.</summary>
    public bool Has(string name) => checkpoint.Metadata.ContainsKey(prefix + name) || checkpoint.Contains(prefix + name);

    /// <summary>A number.</summary>
    /// <exception cref="CheckpointException">There is none of that name.</exception>
    public double Number(string name) => double.TryParse(Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : throw Wrong(name, "a number");

    /// <summary>A whole number.</summary>
    /// <exception cref="CheckpointException">There is none of that name.</exception>
    public long WholeNumber(string name) =>
        long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : throw Wrong(name, "a whole number");

    /// <summary>A whole number from 0 that an <see cref="int"/> holds.</summary>
    /// <exception cref="CheckpointException">There is none of that name.</exception>
    public int Count(string name) => WholeNumber(name) is >= 0 and <= int.MaxValue and var value ? (int)value : throw Wrong(name, "a count");

    /// <summary>A text.</summary>
    /// <exception cref="CheckpointException">There is none of that name.</exception>
    public string Text(string name) => checkpoint.Metadata.TryGetValue(prefix + name, out string? value) ? value : throw Missing(name);

    /// <summary>Numbers in order.</summary>
    /// <exception cref="CheckpointException">There are none of that name.</exception>
    public double[] Numbers(string name)
    {
        var stored = Find(name);
        if (stored.ElementType != ElementType.Int64) throw Wrong(name, "numbers in order");
        return Array.ConvertAll(stored.ToInt64Array(), BitConverter.Int64BitsToDouble);
    }

    /// <summary>Copies a tensor into another of its shape.</summary>
    /// <exception cref="CheckpointException">There is none of that name and shape.</exception>
    public void CopyTo(string name, Tensor<float> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        destination.CopyFrom(Floats(name, destination.Shape));
    }

    /// <summary>A tensor of a shape, new on a device.</summary>
    /// <exception cref="CheckpointException">There is none of that name and shape.</exception>
    public Tensor<float> Tensor(string name, Shape shape, Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return Graft.Tensors.Tensor.From<float>(shape, Floats(name, shape), device);
    }

    /// <summary>A part of the state whose names are its own.</summary>
    /// <param name="part">Its name.</param>
    public StateReader Within(string part)
    {
        ArgumentException.ThrowIfNullOrEmpty(part);
        return new StateReader(checkpoint, $"{prefix}{part}/");
    }

    /// <summary>The model's part.</summary>
    internal void Restore(Model model) => ModelState.Restore(model, checkpoint, prefix);

    internal CheckpointException Wrong(string name, string rule) => new(checkpoint.Path, $"has '{Printable.Text(prefix + name)}', which is not {rule}");

    private float[] Floats(string name, Shape shape)
    {
        var stored = Find(name);
        if (stored.ElementType != ElementType.Float32 || stored.Shape != shape)
            throw new CheckpointException(checkpoint.Path, $"has '{Printable.Text(prefix + name)}' as {stored} where {shape} is needed: it was written of another training");
        return stored.ToSingleArray();
    }

    private StoredTensor Find(string name) => checkpoint.TryGet(prefix + name, out var stored) ? stored : throw Missing(name);

    private CheckpointException Missing(string name) => new(checkpoint.Path, $"lacks '{Printable.Text(prefix + name)}': it was written of another training");
}
