using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Graft.Autograd;
using Graft.Onnx.Protocol;
using Graft.Tensors;

namespace Graft.Onnx.Export;

/// <summary>A device that writes down what a pass of inference does as nodes of an ONNX graph, and computes nothing but what follows from
/// weights alone: that becomes numbers of the file.</summary>
/// <remarks>Tensors are views of memory, so each block knows which value lies in it and how; a kernel that reads it in another way than it
/// was written has slices, transposes and reshapes before it (<see cref="ViewSolver"/>).</remarks>
internal sealed partial class ExportDevice : Device, IDisposable
{
    private readonly Dictionary<DeviceMemory, Parameter> parameters = [];
    private readonly Dictionary<DeviceMemory, ExportValue> initialisers = [];
    private readonly Dictionary<(DeviceMemory, string), ExportValue> constants = [];
    private readonly List<DeviceMemory> targets = [];

    /// <summary>A device for one recording.</summary>
    /// <param name="graph">Where the nodes go.</param>
    /// <param name="model">The model whose parameters keep their names.</param>
    public ExportDevice(ExportGraph graph, Model model)
    {
        Graph = graph;
        foreach (var parameter in model.Parameters().Concat(model.Buffers())) parameters[parameter.ValueOn(Home).Memory] = parameter;
    }

    /// <summary>What was written down.</summary>
    public ExportGraph Graph { get; }

    /// <inheritdoc/>
    public override string Name => "an export to ONNX";

    /// <inheritdoc/>
    public override Device Home => Cpu;

    /// <summary>A float input of the graph.</summary>
    public Tensor<float> Input(string name, Shape shape) => Holding<float>(Graph.Input(name, shape, TensorProto.Types.DataType.Float));

    /// <summary>An input of whole numbers.</summary>
    public Tensor<int> IntegerInput(string name, Shape shape) => Holding<int>(Graph.Input(name, shape, TensorProto.Types.DataType.Int64));

    /// <summary>A tensor that holds a value of the graph.</summary>
    public Tensor<T> Holding<T>(ExportValue value) where T : unmanaged
    {
        var tensor = Rent<T>(value.Shape);
        Write(tensor, value);
        return tensor;
    }

    /// <summary>Names what a tensor shows as an output of the graph.</summary>
    public void Output(string name, Tensor<float> tensor) => Graph.Output(name, Read(tensor));

    /// <summary>Lengths of sequences whose padding a mask describes: attention does without them.</summary>
    public Tensor<int> AnyLengths(int sequences) =>
        new(new ExportMemory(this, sequences * sizeof(int)) { IsAnyLength = true }, [sequences], Strides.Dense([sequences]));

    /// <inheritdoc/>
    public override DeviceMemory Rent(long bytes)
    {
        var memory = new ExportMemory(this, bytes);
        memory.Retain();
        return memory;
    }

    /// <inheritdoc/>
    public override void Upload<T>(ReadOnlySpan<T> source, Tensor<T> destination)
    {
        if (Varies(destination)) Refuse("an upload from the host", "the pass writes numbers over what follows from its inputs, which a graph cannot hold");
        Home.Upload(source, Real(destination));
        Computed(destination);
    }

    /// <inheritdoc/>
    public override void Download<T>(Tensor<T> source, Span<T> destination)
    {
        if (Varies(source)) Refuse("a download to the host", "the pass reads numbers that follow from its inputs, and what it does with them cannot be exported");
        Home.Download(Real(source), destination);
    }

    /// <summary>Gives back what was computed of weights alone.</summary>
    public void Dispose()
    {
        foreach (var target in targets) target.Release();
        targets.Clear();
    }

    /// <summary>Whether a tensor's numbers follow from the inputs.</summary>
    private static bool Varies<T>(Tensor<T>? tensor) where T : unmanaged => tensor?.Memory is ExportMemory { Varies: true };

    /// <summary>Whether a call is made now: all that it reads are weights and what was computed of them.</summary>
    private static bool IsFolded(Tensor<float> result, params ReadOnlySpan<Tensor<float>?> read)
    {
        if (Varies(result)) return false;
        foreach (var tensor in read)
            if (Varies(tensor)) return false;
        return true;
    }

    /// <summary>A tensor where it can be computed with.</summary>
    private Tensor<T> Real<T>(Tensor<T> tensor) where T : unmanaged
    {
        if (tensor.Memory is not ExportMemory memory) return tensor;
        if (memory.Target is null)
        {
            memory.Target = Home.Rent(memory.Bytes);
            targets.Add(memory.Target);
        }
        return new Tensor<T>(memory.Target, tensor.Shape, tensor.Strides, tensor.Offset);
    }

    private Tensor<float>? RealOrNull(Tensor<float>? tensor) => tensor is null ? null : Real(tensor);

    /// <summary>Takes note of numbers that were computed.</summary>
    private static void Computed<T>(Tensor<T> tensor) where T : unmanaged =>
        ((ExportMemory)tensor.Memory).Write(new MemoryWrite(ViewLayout.Of(tensor), null), varies: false);

    /// <summary>Takes note of a value that a kernel writes.</summary>
    private static void Write<T>(Tensor<T> tensor, ExportValue value) where T : unmanaged => Write(tensor, ViewLayout.Of(tensor), value);

    /// <summary>Takes note of a value that a kernel writes, in the order of memory under another shape than the kernel's.</summary>
    private static void Write<T>(Tensor<T> tensor, ViewLayout layout, ExportValue value) where T : unmanaged
    {
        if (value.Shape != layout.Shape) throw new InvalidOperationException($"export: a value of {value.Shape} was written to {layout.Shape}");
        ((ExportMemory)tensor.Memory).Write(new MemoryWrite(layout, value), varies: true);
    }

    /// <summary>The value that a tensor shows.</summary>
    private ExportValue Read<T>(Tensor<T> tensor) where T : unmanaged => Read<T>(tensor.Memory, ViewLayout.Of(tensor));

    /// <summary>The value that a contiguous tensor shows under another shape of as many elements.</summary>
    private ExportValue ReadAs<T>(Tensor<T> tensor, Shape shape) where T : unmanaged =>
        tensor.Shape == shape ? Read(tensor) : Read<T>(tensor.Memory, ViewLayout.Contiguous(shape, tensor.Offset));

    private ExportValue Read<T>(DeviceMemory block, ViewLayout layout) where T : unmanaged
    {
        if (block is ExportMemory memory)
        {
            string key = layout.ToString();
            if (!memory.Reads.TryGetValue(key, out var read))
            {
                read = Read<T>(memory, layout);
                // what was put together while it was read is a write, which forgets older reads
                memory.Reads[key] = read;
            }
            return read;
        }
        if (!parameters.TryGetValue(block, out var parameter)) return Numbers<T>(block, layout);
        var value = parameter.ValueOn(Home);
        if (!initialisers.TryGetValue(block, out var initialiser))
            initialisers.Add(block, initialiser = ExportGraph.Constant(new ParameterInitialiser(parameter, value)));
        return constants.TryGetValue((block, layout.ToString()), out var known) ? known
            : constants[(block, layout.ToString())] = Solved(initialiser, ViewLayout.Of(value), layout);
    }

    private ExportValue Read<T>(ExportMemory memory, ViewLayout layout) where T : unmanaged
    {
        if (memory.Writes.Count == 0) throw new InvalidOperationException($"export: memory is read that nothing has written: {layout}");
        if (memory.Writes is [var only])
        {
            if (only is { Value: { } value } && memory.Covers(only.Layout)) return Solved(value, only.Layout, layout);
            if (only.Number is { } number && memory.Covers(only.Layout)) return Graph.Expand(Ones(Graph.Scalar(number), layout.Shape.Rank), layout.Shape);
        }
        if (!memory.Varies) return Numbers<T>(memory.Target!, layout);
        if (MemoryAssembly.Of(Graph, memory.Writes, memory.Bytes / sizeof(float), ValueOf<T>(memory)) is not { } whole)
            throw Refused("memory that was written in parts", $"{string.Join("; ", memory.Writes.Select(static write => write.Layout))} are not put together by concatenation");
        memory.Replace(whole);
        return Solved(whole.Value!, whole.Layout, layout);
    }

    private Func<MemoryWrite, ExportValue> ValueOf<T>(ExportMemory memory) where T : unmanaged => write =>
        write.Value ?? (write.Number is { } number
            ? Graph.Expand(Ones(Graph.Scalar(number), write.Layout.Shape.Rank), write.Layout.Shape)
            : Numbers<T>(memory.Target!, write.Layout));

    private ExportValue Ones(ExportValue scalar, int rank) => Graph.Reshape(scalar, new Shape(Enumerable.Repeat(1, rank).ToArray()));

    private ExportValue Solved(ExportValue value, ViewLayout lies, ViewLayout view)
    {
        if (ViewSolver.Read(Graph, value, lies, view) is not { } read)
            throw Refused("a view", $"what lies as {lies} is read as {view}, which is no slice, transpose, reshape or expansion of it");
        return read;
    }

    /// <summary>Numbers that do not vary, as the layout shows them.</summary>
    private ExportValue Numbers<T>(DeviceMemory block, ViewLayout layout) where T : unmanaged
    {
        var shape = layout.WithoutRepeats;
        var numbers = new Tensor<T>(block, shape, layout.Strides, layout.Offset).ToArray();
        return Graph.Expand(
            ExportGraph.Constant(numbers is int[] integers
                ? new IntegerInitialiser(shape, Array.ConvertAll(integers, static number => (long)number))
                : new FloatInitialiser(shape, (float[])(object)numbers)),
            layout.Shape);
    }

    /// <summary>The shape under which the value behind a contiguous tensor was written, where it differs from the tensor's in the axes
    /// before the last: [B, T, D] behind [B T, D]. Kernels that work on rows keep it, so that the file needs no reshapes.</summary>
    private static Shape RowsOf<T>(Tensor<T> tensor) where T : unmanaged =>
        tensor is { IsContiguous: true, Memory: ExportMemory { Writes: [{ Value: not null } only] } memory }
        && memory.Covers(only.Layout) && only.Layout.IsContiguous && memory.Covers(ViewLayout.Of(tensor))
        && tensor.Shape.Rank > 0 && only.Layout.Shape.Rank > 0 && only.Layout.Shape[^1] == tensor.Shape[^1]
            ? only.Layout.Shape : tensor.Shape;

    /// <summary>Refuses what cannot be exported; the module in which it happened names itself in the error.</summary>
    [DoesNotReturn]
    private static void Refuse(string what, string why) => ShapeException.Throw(Operation, what, why);

    /// <summary>As <see cref="Refuse"/>, where the compiler has to see that nothing follows.</summary>
    private static UnreachableException Refused(string what, string why)
    {
        Refuse(what, why);
        return new UnreachableException();
    }

    /// <summary>What the device's own errors begin with.</summary>
    public const string Operation = "onnx export";
}
