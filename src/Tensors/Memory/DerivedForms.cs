namespace Graft.Tensors;

/// <summary>Which part of a block, in which order, a derived form was made of, and whether it was transformed on the way.</summary>
internal readonly record struct FormKey(
    int Offset, nint LineStep, nint InnerStep, nint TapRowStep, nint TapColumnStep, nint Lines, nint Depth, int PanelWidth, bool IsTransformed = false);

/// <summary>What a kernel has made of the numbers in a block that do not change (a weight, packed for products), kept until they do.</summary>
internal sealed class DerivedForms
{
    private readonly Lock gate = new();
    private readonly List<(FormKey Key, Tensor<float> Form)> forms = [];
    private bool isConstant;

    /// <summary>Whether the numbers will be used as they are more than once, so that forms are worth keeping.</summary>
    public bool IsConstant
    {
        get => isConstant;
        set
        {
            isConstant = value;
            if (!value) Drop();
        }
    }

    /// <summary>Raised each time the numbers change, or may have.</summary>
    public int Version { get; private set; }

    public Tensor<float>? Find(in FormKey key)
    {
        lock (gate)
        {
            foreach (var (known, form) in forms)
                if (known == key) return form;
            return null;
        }
    }

    /// <summary>Takes a form over.</summary>
    public void Keep(in FormKey key, Tensor<float> form)
    {
        lock (gate) forms.Add((key, form));
    }

    /// <summary>Forgets all forms: the numbers have changed, or are gone.</summary>
    public void Drop()
    {
        Version++;
        if (forms.Count == 0) return;
        lock (gate)
        {
            foreach (var (_, form) in forms) form.Dispose();
            forms.Clear();
        }
    }
}
