using Graft.Tensors;

namespace Graft.Testing;

/// <summary>NumPy's broadcasting on the host.</summary>
internal static class Broadcast
{
    /// <summary>The numbers of shape <paramref name="from"/>, in the order of the axes, repeated to the shape <paramref name="to"/>.</summary>
    public static T[] To<T>(T[] values, Shape from, Shape to)
    {
        var result = new T[to.ElementCount];
        for (int i = 0; i < result.Length; i++)
        {
            int rest = i, place = 0, step = 1;
            for (int axis = to.Rank - 1; axis >= 0; axis--)
            {
                int index = rest % to[axis];
                rest /= to[axis];
                int own = axis - (to.Rank - from.Rank);
                if (own < 0) continue;
                if (from[own] != 1) place += index * step;
                step *= from[own];
            }
            result[i] = values[place];
        }
        return result;
    }
}
