namespace Graft.Tensors;

/// <summary>Which part of a block, in which order, a derived form was made of, and whether it was transformed on the way.</summary>
internal readonly record struct FormKey(
    int Offset, nint LineStep, nint InnerStep, nint TapRowStep, nint TapColumnStep, nint Lines, nint Depth, int PanelWidth, bool IsTransformed = false);

/// <summary>What kernels have made of the numbers in a block (a weight, packed for products), kept until the numbers change.</summary>
/// <remarks>Any thread may ask for a form while another changes the numbers. A form is held by whoever reads it, so that dropping it
/// takes it from nobody; and numbers are dropped after they have been written, so that a form which was made of half-written ones
/// does not stay.</remarks>
internal sealed class DerivedForms
{
    private readonly List<(FormKey Key, DeviceMemory Form)> forms = [];
    private int version;
    private bool mayHaveForms;

    /// <summary>To be held from the search for a form to its keeping, so that two threads that need one make it once.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Raised each time the numbers have changed, or may have.</summary>
    public int Version => Volatile.Read(ref version);

    /// <summary>The form of that key, held for the caller, who gives it back; null where there is none.</summary>
    public DeviceMemory? Hold(in FormKey key)
    {
        lock (Gate)
        {
            if (!mayHaveForms)
            {
                // whoever finds none makes one: that is seen before the numbers are read, so that whoever writes them drops it
                mayHaveForms = true;
                Interlocked.MemoryBarrier();
            }
            foreach (var (known, form) in forms)
            {
                if (known != key) continue;
                form.Retain();
                return form;
            }
            return null;
        }
    }

    /// <summary>Keeps a form beside the caller, who holds it on and gives it back as any other.</summary>
    public void Keep(in FormKey key, DeviceMemory form)
    {
        form.Retain();
        lock (Gate) forms.Add((key, form));
    }

    /// <summary>Forgets all forms: to be called when the numbers have been changed, or are gone.</summary>
    public void Drop()
    {
        Interlocked.Increment(ref version);
        if (!mayHaveForms) return;
        // a form of the old numbers that is not in the list yet is being made within the gate
        lock (Gate)
        {
            foreach (var (_, form) in forms) form.Release();
            forms.Clear();
        }
    }
}
