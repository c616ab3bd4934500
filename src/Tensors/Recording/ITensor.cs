namespace Graft.Tensors;

/// <summary>A tensor whatever its elements are: for those who move it about and never look inside.</summary>
internal interface ITensor
{
    /// <summary>The memory behind it, given back or not.</summary>
    DeviceMemory Block { get; }

    /// <summary>Whether two tensors keep each of their elements at the same place of their blocks.</summary>
    bool LiesAs(ITensor other);

    /// <summary>The same layout in another block, whose byte <paramref name="first"/> stands for the first of its own, and whose numbers
    /// stay as they are or not.</summary>
    ITensor On(DeviceMemory block, long first, bool isConstant);
}
