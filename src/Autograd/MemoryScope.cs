namespace Graft.Autograd;

/// <summary>A stretch of a pass whose temporaries go back to the pool before the pass ends.</summary>
/// <remarks>Scopes lie within each other. What the tape has saved for backward stays until then.</remarks>
/// <example><code>
/// var scope = x.Pass.OpenScope();
/// foreach (var layer in layers) x = scope.KeepOnly(layer.Forward(x));
/// </code></example>
public readonly struct MemoryScope
{
    private readonly Temporaries temporaries;
    private readonly int mark;

    internal MemoryScope(Temporaries temporaries) => (this.temporaries, mark) = (temporaries, temporaries.Count);

    /// <summary>Gives back what the pass has rented since the scope was opened, except the memory of one variable: nobody but the tape,
    /// which holds what it saved, may ask again for the rest. It may be called several times.</summary>
    /// <param name="result">What the stretch was for.</param>
    /// <returns>The variable itself.</returns>
    public Variable KeepOnly(Variable result)
    {
        ArgumentNullException.ThrowIfNull(result);
        temporaries.GiveBackSince(mark, result.Value);
        return result;
    }

    /// <summary>Gives back everything that the pass has rented since the scope was opened.</summary>
    public void KeepNothing() => temporaries.GiveBackSince(mark, keep: null);
}
