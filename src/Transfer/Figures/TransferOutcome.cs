namespace Graft.Transfer;

/// <summary>What a transfer did.</summary>
public enum TransferOutcome
{
    /// <summary>The interval of the difference lies above 0: the published weights helped.</summary>
    Helped,

    /// <summary>The interval holds 0, or the difference is too small to matter: nothing is shown either way.</summary>
    Neutral,

    /// <summary>The interval lies below 0: the model does worse than one that began with nothing.</summary>
    NegativeTransfer,

    /// <summary>There is one seed alone, so nothing says how far another would be off.</summary>
    Undecided,
}
