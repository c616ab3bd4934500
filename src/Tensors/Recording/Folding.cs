namespace Graft.Tensors;

/// <summary>Tells what differs from replay to replay from what can be computed once.</summary>
internal static class Folding
{
    /// <summary>Marks each block that depends on an input: one that a call writes which reads such a block, and with it whatever else is
    /// written to the same block, zeros around a padded image for one. Calls that touch no marked block are made once.</summary>
    public static void Mark(IReadOnlyList<Call> calls)
    {
        for (bool found = true; found;)
        {
            found = false;
            foreach (var call in calls)
            {
                if (!call.Varies) continue;
                foreach (var operand in call.Operands)
                {
                    if (!operand.IsWritten || operand.Tensor?.Block is not RecordedMemory { Varies: false } block) continue;
                    block.Varies = true;
                    found = true;
                }
            }
        }
    }
}
