using System.Runtime.InteropServices;
using Graft.Autograd;
using Graft.Onnx.Protocol;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>The file that a program is made of, and what all graphs within it share: the keys that are taken, and whether there are numbers.</summary>
internal sealed class ProgramSource(OnnxFile file)
{
    private readonly HashSet<string> keys = new(StringComparer.Ordinal);

    private readonly HashSet<TensorProto> learnt = new(ReferenceEqualityComparer.Instance);
    private readonly List<TakenTensor> taken = [];

    public OnnxFile File => file;

    /// <summary>The tensors of the file that became parameters.</summary>
    public IReadOnlySet<TensorProto> Learnt => learnt;

    /// <summary>The same with the parameters that they became.</summary>
    public IReadOnlyList<TakenTensor> Taken => taken;

    /// <summary>Whether the parameters have numbers in the file; else they keep their initial ones until a checkpoint is loaded.</summary>
    public bool HasNumbers { get; init; } = true;

    /// <summary>Whether nothing of it learns, so that its parameters are buffers.</summary>
    public bool IsFrozen { get; init; }

    /// <summary>Whether nodes become layers.</summary>
    public bool Fuses { get; init; } = true;

    /// <summary>A key that nothing else has: the one that is asked for, or with a number behind it.</summary>
    /// <param name="wanted">The key.</param>
    /// <param name="inner">The keys within the module, where it is one's.</param>
    public string Key(string wanted, params string[] inner)
    {
        string key = wanted.Length == 0 ? "node" : wanted;
        for (int more = 2; !Whole(key).All(whole => !keys.Contains(whole)); more++) key = $"{wanted}#{more}";
        foreach (string whole in Whole(key)) keys.Add(whole);
        return key;

        IEnumerable<string> Whole(string outer) => inner.Select(name => $"{outer}.{name}").Append(outer);
    }

    /// <summary>Notes that a tensor became a parameter.</summary>
    public void Note(TensorProto tensor, Parameter parameter, bool isTransposed)
    {
        if (learnt.Add(tensor)) taken.Add(new TakenTensor(tensor.Name, parameter, isTransposed));
    }

    /// <summary>A tensor as an array on the host.</summary>
    public HostValue Array(TensorProto tensor)
    {
        int[] dims = file.LengthsOf(tensor);
        var element = Elements.Find(tensor.DataType) ?? throw file.Fail(
            $"the tensor '{Printable.Text(tensor.Name)}' has elements of the type {OnnxType.Find(tensor.DataType)?.Name ?? $"{tensor.DataType}"}, which are not computed with here");
        if (element == Elements.Text)
        {
            string[] texts = [.. tensor.StringData.Select(text => text.ToStringUtf8())];
            if (texts.Length != Count(tensor, dims)) throw file.Fail($"the tensor '{Printable.Text(tensor.Name)}' has {texts.Length} texts, which do not fill it");
            return new HostValue<string>(Elements.Text, dims, texts);
        }
        Count(tensor, dims);
        return element.FromBytes(dims, file.BytesOf(tensor).Bytes);
    }

    /// <summary>A sparse tensor as an array of all its elements.</summary>
    public HostValue Array(SparseTensorProto sparse)
    {
        string name = sparse.Values.Name;
        if (StoredShape.Problem([.. sparse.Dims]) is { } problem) throw file.Fail($"the sparse tensor '{Printable.Text(name)}' {problem}");
        if (sparse.Indices is null) throw file.Fail($"the sparse tensor '{Printable.Text(name)}' has no indices");
        int[] dims = [.. sparse.Dims.Select(length => (int)length)];
        const long Most = 1 << 24;
        if (dims.Aggregate(1L, (all, length) => Math.Min(all * Math.Max(1, length), Most + 1)) > Most)
            throw file.Fail($"the sparse tensor '{Printable.Text(name)}' would have more than {Most} elements, and is computed with as a whole here");
        HostValue values = Array(sparse.Values), indices = Array(sparse.Indices);
        HostValue whole;
        try
        {
            whole = values.Element.Zeros(dims);
        }
        catch (ArgumentException exception)
        {
            throw file.Fail($"the sparse tensor '{Printable.Text(name)}' is too large: {exception.Message}", exception);
        }
        var strides = Dimensions.Strides(dims);
        bool isFlat = indices.Rank == 1;
        if (indices.Count != (isFlat ? values.Count : values.Count * dims.Length)) throw file.Fail($"the sparse tensor '{Printable.Text(name)}' has not an index for each of its values");
        for (int i = 0; i < values.Count; i++)
        {
            long place = 0;
            if (isFlat) place = (long)indices.GetInteger(i);
            else
                for (int axis = 0; axis < dims.Length; axis++)
                {
                    long index = (long)indices.GetInteger(i * dims.Length + axis);
                    if (index < 0 || index >= dims[axis]) place = -1;
                    if (place >= 0) place += index * strides[axis];
                }
            if (place < 0 || place >= whole.Count) throw file.Fail($"the sparse tensor '{Printable.Text(name)}' has an index beyond its axes");
            whole.Assign((int)place, values, i);
        }
        return whole;
    }

    /// <summary>The numbers of a tensor of singles, for a parameter.</summary>
    public Tensor<float> Numbers(TensorProto tensor, Shape shape, bool isTransposed)
    {
        var bytes = file.BytesOf(tensor).Bytes;
        var numbers = MemoryMarshal.Cast<byte, float>(bytes);
        var target = Device.Cpu.Rent<float>(shape);
        if (!isTransposed)
        {
            target.CopyFrom(numbers);
            return target;
        }
        int rows = shape[0], columns = shape[1];
        var turned = new float[numbers.Length];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) turned[row * columns + column] = numbers[column * rows + row];
        target.CopyFrom(turned);
        return target;
    }

    private int Count(TensorProto tensor, int[] dims)
    {
        try
        {
            return Dimensions.Count(dims);
        }
        catch (ArgumentException exception)
        {
            throw file.Fail($"the tensor '{Printable.Text(tensor.Name)}' is too large: {exception.Message}", exception);
        }
    }
}

/// <summary>A tensor of the file and the parameter that it became.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Parameter">The parameter.</param>
/// <param name="IsTransposed">Whether the file has the matrix the other way round.</param>
internal readonly record struct TakenTensor(string Name, Parameter Parameter, bool IsTransposed);
