namespace Graft.Onnx;

/// <summary>How a window moves over the axes behind the channels: its attributes, with the padding that <c>auto_pad</c> asks for.</summary>
/// <param name="Kernel">The window's lengths.</param>
/// <param name="Strides">Steps between two windows.</param>
/// <param name="Dilations">Steps between two elements of a window.</param>
/// <param name="Before">Padding before, axis by axis.</param>
/// <param name="After">Padding behind.</param>
internal sealed record Windows(int[] Kernel, int[] Strides, int[] Dilations, int[] Before, int[] After)
{
    /// <summary>Reads them.</summary>
    /// <param name="attributes">A node's attributes.</param>
    /// <param name="kernel">The window's lengths where the attributes do not have them.</param>
    /// <param name="input">The lengths of the axes that it moves over.</param>
    public static Windows Of(NodeAttributes attributes, int[]? kernel, ReadOnlySpan<int> input)
    {
        int[] lengths = kernel ?? Lengths(attributes, "kernel_shape") ?? throw new ArgumentException("the kernel's shape is missing");
        int[] strides = Lengths(attributes, "strides") ?? Ones(lengths.Length), dilations = Lengths(attributes, "dilations") ?? Ones(lengths.Length);
        int[] pads = Lengths(attributes, "pads") ?? new int[2 * lengths.Length];
        if (strides.Length != lengths.Length || dilations.Length != lengths.Length || pads.Length != 2 * lengths.Length || input.Length != lengths.Length)
            throw new ArgumentException($"a window of {lengths.Length} axes does not go with strides, dilations or pads of others, or with {input.Length} axes");
        if (lengths.Concat(strides).Concat(dilations).Any(length => length < 1)) throw new ArgumentException("lengths, strides and dilations are 1 or more");
        int[] before = pads[..lengths.Length], after = pads[lengths.Length..];
        string mode = attributes.Text("auto_pad", "NOTSET");
        if (mode is "SAME_UPPER" or "SAME_LOWER")
        {
            for (int axis = 0; axis < lengths.Length; axis++)
            {
                int outputs = (input[axis] + strides[axis] - 1) / strides[axis];
                int total = Math.Max(0, (outputs - 1) * strides[axis] + dilations[axis] * (lengths[axis] - 1) + 1 - input[axis]);
                (before[axis], after[axis]) = mode == "SAME_UPPER" ? (total / 2, total - total / 2) : (total - total / 2, total / 2);
            }
        }
        else if (mode == "VALID") (before, after) = (new int[lengths.Length], new int[lengths.Length]);
        return new Windows(lengths, strides, dilations, before, after);
    }

    /// <summary>The number of windows along each axis.</summary>
    public int[] Outputs(ReadOnlySpan<int> input, bool ceil = false)
    {
        var outputs = new int[Kernel.Length];
        for (int axis = 0; axis < outputs.Length; axis++)
        {
            int space = input[axis] + Before[axis] + After[axis] - (Dilations[axis] * (Kernel[axis] - 1) + 1);
            outputs[axis] = space < 0 ? 0 : (space + (ceil ? Strides[axis] - 1 : 0)) / Strides[axis] + 1;
            // a window that would begin in the padding behind is none
            if (ceil && outputs[axis] > 1 && (outputs[axis] - 1) * Strides[axis] >= input[axis] + Before[axis]) outputs[axis]--;
        }
        return outputs;
    }

    private static int[]? Lengths(NodeAttributes attributes, string name) => attributes.Ints(name) is { Length: > 0 } given ? Array.ConvertAll(given, value => checked((int)value)) : null;

    private static int[] Ones(int count) => [.. Enumerable.Repeat(1, count)];
}
