namespace Graft.Tensors;

/// <summary>A tensor whatever its elements are: for those who move it about and never look inside.</summary>
public interface ITensor
{
    /// <summary>The lengths of the axes.</summary>
    Shape Shape { get; }

    /// <summary>The device that holds the memory.</summary>
    Device Device { get; }

    /// <summary>The memory behind it, given back or not.</summary>
    internal DeviceMemory Block { get; }

    /// <summary>Whether two tensors keep each of their elements at the same offset in their blocks.</summary>
    internal bool HasLayoutOf(ITensor other);

    /// <summary>The same layout in another block, whose byte <paramref name="first"/> stands for the first of its own, and whose numbers
    /// stay as they are or not.</summary>
    internal ITensor On(DeviceMemory block, long first, bool isConstant);
}
