namespace Graft.Text;

/// <summary>An answer as a part of its context.</summary>
/// <param name="Start">Where it begins, in UTF-16 units as a <see cref="string"/> counts.</param>
/// <param name="Text">Its text.</param>
public readonly record struct AnswerSpan(int Start, string Text)
{
    /// <summary>Where it ends, in UTF-16 units.</summary>
    public int End => Start + Text.Length;
}
