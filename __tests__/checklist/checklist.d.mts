export function idsIn(text: string): string[];
