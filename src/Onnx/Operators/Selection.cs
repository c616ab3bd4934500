using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Elements chosen by their places: what every operator does that only moves elements. On the device it is a lookup, through which
/// gradients go.</summary>
internal static class Selection
{
    /// <summary>The elements at some places, row-major; host arrays take the element's zero where a place is below 0.</summary>
    public static TensorValue Pick(TensorValue x, int[] places, int[] dims)
    {
        if (x is HostValue host) return host.Pick(places, dims);
        var device = (DeviceValue)x;
        var shape = new Shape(dims);
        if (places.Length == 0) return new DeviceValue(device.Variable.Pass.Constant(device.Variable.Pass.Rent(shape)), device.Element);
        if (places.AsSpan().ContainsAnyInRange(int.MinValue, -1))
        {
            // one more element, a zero, at the end
            var padded = device.Variable.Reshape([x.Count]).Pad(0, 0, 1);
            int[] shifted = Array.ConvertAll(places, place => place < 0 ? x.Count : place);
            return new DeviceValue(padded.Reshape([x.Count + 1, 1]).Embedding(shifted, [shifted.Length]).Reshape(shape), device.Element);
        }
        return new DeviceValue(device.Variable.Reshape([x.Count, 1]).Embedding(places, [places.Length]).Reshape(shape), device.Element);
    }

    /// <summary>Under other dimensions.</summary>
    public static TensorValue Reshape(TensorValue x, int[] dims) => x is DeviceValue device ? device.Reshape(dims) : ((HostValue)x).Reshape(dims);

    /// <summary>With the axes in another order.</summary>
    public static TensorValue Permute(TensorValue x, int[] order)
    {
        if (x is DeviceValue device) return new DeviceValue(device.Variable.Permute(order), device.Element);
        var strides = Dimensions.Strides(x.Dims);
        int[] dims = Array.ConvertAll(order, axis => x.Dims[axis]);
        return Pick(x, Dimensions.Places(dims, Array.ConvertAll(order, axis => strides[axis]), 0), dims);
    }

    /// <summary>One axis by a start and a step, which may be negative.</summary>
    public static TensorValue Slice(TensorValue x, int axis, int start, int length, int step)
    {
        if (start == 0 && step == 1 && length == x.Dims[axis]) return x;
        if (x is DeviceValue device && step > 0 && length > 0) return new DeviceValue(device.Variable.Slice(axis, start, length, step), device.Element);
        int[] dims = [.. x.Dims];
        dims[axis] = length;
        var strides = Dimensions.Strides(x.Dims);
        int first = length == 0 ? 0 : start * strides[axis];
        strides[axis] *= step;
        return Pick(x, Dimensions.Places(dims, strides, first), dims);
    }

    /// <summary>Tensors one after another along an axis.</summary>
    public static TensorValue Concat(IReadOnlyList<TensorValue> parts, int axis, Pass pass)
    {
        if (parts.Count == 1) return parts[0];
        int[] dims = [.. parts[0].Dims];
        for (int i = 1; i < parts.Count; i++)
        {
            if (parts[i].Rank != dims.Length) throw new ArgumentException($"{parts[i]} does not go behind {parts[0]}: both need as many axes");
            for (int other = 0; other < dims.Length; other++)
                if (other != axis && parts[i].Dims[other] != dims[other]) throw new ArgumentException($"{parts[i]} does not go behind {parts[0]}: the axis {other} differs");
            dims[axis] += parts[i].Dims[axis];
        }
        if (parts.Any(part => part is DeviceValue))
        {
            var variables = parts.Where(part => part.Count > 0).Select(part => part is DeviceValue device ? device.Variable : Conversion.ToVariable((HostValue)part, pass)).ToArray();
            if (variables.Length > 0) return new DeviceValue(Variable.Concat(variables, axis), parts.OfType<DeviceValue>().First().Element);
        }
        var hosts = parts.Select(part => part is DeviceValue device ? Conversion.ToHost(device) : (HostValue)part).ToList();
        var flat = hosts[0].Append(hosts[1..]);
        int inner = Dimensions.Product(dims, axis + 1, dims.Length), outer = Dimensions.Product(dims, 0, axis);
        var places = new int[Dimensions.Count(dims)];
        int at = 0;
        for (int row = 0; row < outer; row++)
        {
            int first = 0;
            foreach (var part in hosts)
            {
                int run = part.Dims[axis] * inner;
                for (int i = 0; i < run; i++) places[at++] = first + row * run + i;
                first += part.Count;
            }
        }
        return flat.Pick(places, dims);
    }
}
