/** Of those that lists of leaked passwords begin with, the ones of 12 characters and more; lower case. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `123456789012 1234567890123 12345678901234 123456789012345 1234567890123456 0123456789012 012345678901 123123123123
   123412341234 111222333444 987654321098 987654321012 qwertyuiop12 qwertyuiop123 qwertyuiop[] qwertyuiopasdf
   qwertyuiopasdfghjkl qwerty123456 qwerty1234567 qwerty12345678 123456qwerty 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc
   1qaz2wsx3edc4rfv qazwsxedcrfv zaq12wsxcde3 asdfghjkl123 asdfghjkl;' abcdefghijkl abcdefghijklm abcdef123456 abcd12345678
   abc123456789 a1b2c3d4e5f6 passwordpassword password1234 password12345 password123456 passw0rd1234 p@ssw0rd1234
   p@ssword1234 password2023 password2024 password2025 password2026 mypassword123 letmeinletmein letmein12345 welcome12345
   welcome123456 administrator administrator1 admin1234567 admin12345678 adminadminadmin changemechangeme changeme1234
   changemenow1 iloveyou1234 iloveyouforever iloveyou12345 superman1234 spiderman123 football1234 baseball1234 basketball12
   liverpool123 manchesterunited unbelievable correcthorsebatterystaple trustno1trustno1 monkeymonkey dragondragon
   sunshine1234 princess1234 tollgatetollgate tollgate1234 tollgate12345 tollgateadmin`.split(/\s+/),
);
