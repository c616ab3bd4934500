using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>How a graph of images falls into stages: it may be cut wherever one value alone goes on.</summary>
internal sealed class ImageStages
{
    // of the tail: what turns the last feature map into a row of numbers, and what turns logits into something else
    private static readonly string[] Pooling =
    [
        "GlobalAveragePool", "AveragePool", "GlobalMaxPool", "ReduceMean", "Flatten", "Reshape", "Squeeze", "Identity", "Dropout",
        "Shape", "Gather", "Concat", "Unsqueeze", "Slice", "Cast",
    ];

    private static readonly string[] BehindLogits = ["Softmax", "LogSoftmax", "Identity"];

    private ImageStages(List<(string Name, StageRange Range)> trunk, StageRange? pool, StageRange? head, int features, int classes) =>
        (Trunk, Pool, Head, Features, Classes) = (trunk, pool, head, features, classes);

    /// <summary>The stages, stem first.</summary>
    public IReadOnlyList<(string Name, StageRange Range)> Trunk { get; }

    /// <summary>From the last feature map to features; null where nothing stands between.</summary>
    public StageRange? Pool { get; }

    /// <summary>The linear map at the end; null where there is none.</summary>
    public StageRange? Head { get; }

    /// <summary>D of the features [N, D].</summary>
    public int Features { get; }

    /// <summary>The number of logits of the graph's own head; 0 without one.</summary>
    public int Classes { get; }

    /// <summary>Runs a graph once on an image and divides it.</summary>
    /// <param name="program">A graph of one input and one output, or of which the first counts.</param>
    /// <param name="image">The lengths of the input.</param>
    /// <exception cref="ArgumentException">There is no place to cut it.</exception>
    public static ImageStages Of(GraphProgram program, int[] image)
    {
        var dims = Probe(program, image);
        var blocks = Blocks(program, dims);
        int end = blocks.Count;
        while (end > 0 && blocks[end - 1] is var last && Steps(program, last).All(step => Is(step, BehindLogits))) end--;
        StageRange? head = null;
        int classes = 0;
        if (end > 0 && Steps(program, blocks[end - 1]) is [LinearStep linear] && linear.Activation == Activation.Identity && dims[blocks[end - 1].Output] is [_, var count])
        {
            (head, classes) = (blocks[end - 1], count);
            end--;
        }
        else end = blocks.Count;
        int pooled = end;
        while (pooled > 1 && Steps(program, blocks[pooled - 1]).All(step => step.Module is null && Is(step, Pooling))) pooled--;
        if (pooled == 0) throw new ArgumentException("there is nothing before its head that could be a trunk");
        StageRange? pool = pooled < end ? Join(blocks[pooled..end]) : null;
        int[] features = dims[blocks[end - 1].Output]!;
        return new ImageStages(Named(Grouped(program, blocks[..pooled], dims)), pool, head, Width(features), classes);
    }

    /// <summary>How many features there are once what is left of a plane is averaged.</summary>
    private static int Width(int[] dims) => dims.Length switch
    {
        4 => dims[1],
        3 => dims[2],
        2 => dims[1],
        _ => throw new ArgumentException($"its features [{string.Join(", ", dims)}] are no rows of numbers"),
    };

    private static Step[] Steps(GraphProgram program, StageRange range) => program.Steps[range.From..range.To];

    private static bool Is(Step step, string[] types) => step is NodeStep { Node: { Domain: "" } node } && types.Contains(node.Type);

    private static StageRange Join(IEnumerable<StageRange> ranges) => ranges.Aggregate((all, next) => all.With(next));

    /// <summary>The lengths of every value's axes for one image.</summary>
    private static int[]?[] Probe(GraphProgram program, int[] image)
    {
        using var pass = Pass.Infer(Device.Cpu);
        var frame = new Frame(program, pass);
        var dims = new int[]?[program.SlotCount];
        using var pixels = Device.Cpu.Rent<float>(new Shape(image));
        Device.Cpu.Fill(pixels, 0f);
        frame[program.Inputs[0]] = new DeviceValue(pass.Constant(pixels));
        dims[program.Inputs[0]] = image;
        for (int at = 0; at < program.Steps.Length; at++)
        {
            program.Execute(frame, at, at + 1);
            foreach (int slot in program.Steps[at].Outputs)
                if (slot >= 0 && frame[slot] is DeviceValue value) dims[slot] = value.Dims;
        }
        return dims;
    }

    /// <summary>The shortest rows of steps that one value on the device goes into and one comes out of.</summary>
    private static List<StageRange> Blocks(GraphProgram program, int[]?[] dims)
    {
        var blocks = new List<StageRange>();
        var live = new HashSet<int> { program.Inputs[0] };
        int from = 0, input = program.Inputs[0];
        for (int at = 0; at < program.Steps.Length; at++)
        {
            foreach (int slot in program.Steps[at].Outputs)
                if (slot >= 0) live.Add(slot);
            live.RemoveWhere(slot => program.LastUse[slot] <= at);
            bool isEnd = at == program.Steps.Length - 1;
            if (isEnd ? dims[program.Outputs[0]] is null : live.Count != 1 || dims[live.Single()] is not { Length: >= 2 }) continue;
            int output = isEnd ? program.Outputs[0] : live.Single();
            if (output == input) continue;
            blocks.Add(new StageRange(from, at + 1, input, output));
            (from, input) = (at + 1, output);
        }
        return blocks.Count > 0 ? blocks : throw new ArgumentException("its output does not come from its image alone");
    }

    /// <summary>Blocks together as stages: the stem is the first with weights, and a stage begins where the plane becomes smaller.</summary>
    private static List<StageRange> Grouped(GraphProgram program, List<StageRange> blocks, int[]?[] dims)
    {
        var stages = new List<StageRange>();
        int plane = -1;
        bool learns = false;
        foreach (var block in blocks)
        {
            bool hasWeights = Steps(program, block).Any(step => step.Module is not null);
            int size = Plane(dims[block.Output]!);
            // what has no weights belongs to what it follows
            bool begins = stages.Count == 0 || (hasWeights && learns && (stages.Count == 1 || size != plane));
            if (begins) stages.Add(block);
            else stages[^1] = stages[^1].With(block);
            if (begins) learns = false;
            learns |= hasWeights;
            if (hasWeights) plane = size;
        }
        return stages.Count == 2 ? Evenly(program, blocks) : stages;
    }

    /// <summary>Of a trunk whose plane stays as it is (a transformer): the stem, and the rest in six stages of as many blocks.</summary>
    private static List<StageRange> Evenly(GraphProgram program, List<StageRange> blocks)
    {
        const int Most = 6;
        int first = blocks.FindIndex(block => Steps(program, block).Any(step => step.Module is not null));
        var stages = new List<StageRange> { Join(blocks[..(first + 1)]) };
        var rest = blocks[(first + 1)..];
        int count = Math.Min(Most, rest.Count);
        for (int stage = 0; stage < count; stage++) stages.Add(Join(rest[(stage * rest.Count / count)..((stage + 1) * rest.Count / count)]));
        return stages;
    }

    private static int Plane(int[] dims) => dims.Length == 4 ? dims[2] * dims[3] : dims.Length == 3 ? dims[1] : 1;

    private static List<(string, StageRange)> Named(List<StageRange> stages) =>
        [.. stages.Select((range, at) => (at == 0 ? "stem" : $"stage{at}", range))];
}
