using System.Globalization;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Gradients that several steps add up, in a checkpoint; with the order of their axes in memory, in which they are summed.</summary>
internal static class GradientState
{
    private const string StridesOf = ".strides";

    public static void Write(StateWriter state, Gradients gradients, ParameterGroups groups)
    {
        foreach (var (name, parameter) in groups.Named())
        {
            if (gradients.Of(parameter) is not { } gradient) continue;
            state.Tensor(name, gradient);
            state.Text(name + StridesOf, string.Join(',', Enumerable.Range(0, gradient.Shape.Rank).Select(axis => gradient.Strides[axis].ToString(CultureInfo.InvariantCulture))));
        }
    }

    public static void Read(StateReader state, Gradients gradients, ParameterGroups groups, Device device)
    {
        foreach (var (name, parameter) in groups.Named())
        {
            if (!state.Has(name)) continue;
            var gradient = device.Rent<float>(parameter.Shape, StridesIn(state, name, parameter.Shape));
            state.CopyTo(name, gradient);
            gradients.Set(parameter, gradient);
        }
    }

    private static Strides StridesIn(StateReader state, string name, Shape shape)
    {
        string[] parts = shape.Rank == 0 ? [] : state.Text(name + StridesOf).Split(',');
        var strides = new Strides();
        if (parts.Length != shape.Rank) throw state.Wrong(name + StridesOf, $"the strides of {shape}");
        for (int axis = 0; axis < parts.Length; axis++)
        {
            if (!int.TryParse(parts[axis], NumberStyles.None, CultureInfo.InvariantCulture, out int step)) throw state.Wrong(name + StridesOf, $"the strides of {shape}");
            strides.Set(axis, step);
        }
        // gradients with gaps are summed in the order of their shape
        return strides.IsDense(shape) ? strides : Strides.Dense(shape);
    }
}
