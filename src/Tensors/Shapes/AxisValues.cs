using System.Runtime.CompilerServices;

namespace Graft.Tensors;

/// <summary>One integer an axis, inside the struct that holds it: shapes and strides cost no allocation.</summary>
[InlineArray(Capacity)]
internal struct AxisValues
{
    public const int Capacity = 8;

#pragma warning disable IDE0044, IDE0051, CS0169 // an inline array is declared by its one field
    private int first;
#pragma warning restore IDE0044, IDE0051, CS0169
}
